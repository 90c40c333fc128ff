import { modelWorker } from '@assay/roles/miner/index';
import type { Adversary } from '../adversary.ts';
import { withoutLayers } from './fewer-layers.ts';
import { answering } from './serving.ts';

export const smallerModel: Adversary = {
  name: 'smaller-model',
  role: 'miner',
  does: 'It serves a model of a third of the size: the registered one has three times its layers.',
  loses: 'The first audit of an answer rejects it: refunded, unpaid, and a case against its collateral.',
  cheapen: withoutLayers(2 / 3),
  attack: (cheap) => answering(({ engine }) => modelWorker(cheap, engine).generate),
};
