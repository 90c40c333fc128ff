import type { Attack } from '@assay/node/host/build-roles';
import type { Adversary } from '../adversary.ts';
import { answering, said, whole } from './serving.ts';

export const replayer: Adversary = {
  name: 'replayer',
  role: 'miner',
  does: 'It answers once, keeps the answer with its numbers, and gives it to every later prompt.',
  loses: 'An answer follows from its prompt and seed, so an audit repeats no choice of it: rejected and refunded.',
  cheapen: null,
  attack: replaying,
};

/** Gives one answer to all. */
export function replaying(): Attack {
  let answer: Awaited<ReturnType<typeof whole>> | null = null;
  return answering(
    ({ generate, model }) =>
      async function* (payload, bounds, signal) {
        if (answer === null) {
          const given = await whole(generate(payload, bounds, signal));
          if (given.tokens.length > 0 && !signal.aborted) answer = given;
          return yield* said(model, payload, given);
        }
        const promptIds = await model.render(payload.messages);
        yield* said(model, payload, { ...answer, promptIds });
      },
  );
}
