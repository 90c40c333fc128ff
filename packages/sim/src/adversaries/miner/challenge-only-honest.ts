import { modelWorker } from '@assay/roles/miner/index';
import type { Adversary } from '../adversary.ts';
import { withoutLayers } from './fewer-layers.ts';
import { answering } from './serving.ts';

/** Tasks that come closer to each other than this are users': challenges come one by one. */
const burstMs = 5000;

export const challengeOnlyHonest: Adversary = {
  name: 'challenge-only-honest',
  role: 'miner',
  does: 'It is honest where a task comes alone, as challenges do, and serves a third of the model to all others.',
  loses: 'Audits are drawn when the answer is there: what it serves to users is rejected and refunded all the same.',
  cheapen: withoutLayers(2 / 3),
  attack: (cheap) =>
    answering(({ engine, generate }, { equipment: { context } }) => {
      const { runtime } = context;
      let lastMs = Number.NEGATIVE_INFINITY;
      return (payload, bounds, signal) => {
        const isAlone = runtime.monotonicMs() - lastMs > burstMs;
        lastMs = runtime.monotonicMs();
        return isAlone
          ? generate(payload, bounds, signal)
          : modelWorker(cheap, engine).generate(payload, bounds, signal);
      };
    }),
};
