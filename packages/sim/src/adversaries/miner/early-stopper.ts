import type { Adversary } from '../adversary.ts';
import { answering } from './serving.ts';

/** Of the tokens asked for, the part that it gives at most. */
const given = 0.5;

export const earlyStopper: Adversary = {
  name: 'early-stopper',
  role: 'miner',
  does: 'It ends answers at half of what was asked for, as if the model had ended them there.',
  loses: 'The end is a choice that an audit repeats: where the model goes on, it is rejected and refunded.',
  cheapen: null,
  attack: () =>
    answering(
      ({ generate }) =>
        async function* (payload, bounds, signal) {
          const maxTokens = Math.ceil(given * payload.maxTokens);
          for await (const event of generate({ ...payload, maxTokens }, bounds, signal)) {
            yield event.type === 'end' ? { ...event, finish: 'stop' } : event;
          }
        },
    ),
};
