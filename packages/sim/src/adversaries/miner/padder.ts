import type { Adversary } from '../adversary.ts';
import { answering, said, whole } from './serving.ts';

export const padder: Adversary = {
  name: 'padder',
  role: 'miner',
  does: 'Where the model ends an answer it goes on, repeating tokens, up to all that was asked for.',
  loses: 'What it adds is not what the model chooses there: rejected and refunded.',
  cheapen: null,
  attack: () =>
    answering(
      ({ generate, model }) =>
        async function* (payload, bounds, signal) {
          const answer = await whole(generate(payload, bounds, signal));
          const { tokens } = answer;
          const isPadded = tokens.length > 0 && answer.finish === 'stop' && !signal.aborted;
          const missing = isPadded ? Math.max(0, payload.maxTokens - tokens.length) : 0;
          const more = Array.from({ length: missing }, (_, i) => tokens[i % tokens.length] ?? []).flat();
          yield* said(model, payload, { ...answer, tokens: [...tokens, ...more] });
        },
    ),
};
