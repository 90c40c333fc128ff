import { modelWorker } from '@assay/roles/miner/index';
import type { Adversary } from '../adversary.ts';
import { withoutLayers } from './fewer-layers.ts';
import { answering } from './serving.ts';

export const layerCut: Adversary = {
  name: 'layer-cut',
  role: 'miner',
  does: 'It serves the registered weights without a tenth of their layers, which saves it a tenth of the work.',
  loses: 'Its answers are rejected and refunded, its trust falls, and a case ejects it.',
  cheapen: withoutLayers(1 / 10),
  attack: (cheap) => answering(({ engine }) => modelWorker(cheap, engine).generate),
};
