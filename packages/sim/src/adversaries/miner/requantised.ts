import { requantise } from '@assay/node/inference/gguf/requantise';
import { modelWorker } from '@assay/roles/miner/index';
import type { Adversary } from '../adversary.ts';
import { answering } from './serving.ts';

export const requantised: Adversary = {
  name: 'requantised',
  role: 'miner',
  does: 'It claims the registered file and serves the same weights cut to 4 bits (Q4_0).',
  loses: 'Its answers are rejected and refunded, its trust falls, and a case ejects it.',
  cheapen: (source, target) => requantise(source, target, 'Q4_0'),
  attack: (cheap) => answering(({ engine }) => modelWorker(cheap, engine).generate),
};
