import type { Adversary } from '../adversary.ts';
import { lyingAbout } from './lying.ts';

export const lyingMixerUp: Adversary = {
  name: 'lying-mixer-up',
  role: 'mixer',
  does: 'It stops its clock while it measures the line of the first miner, so that the line has no delay.',
  loses: 'Its reports move nothing: of what three mixers measured the median counts (§8.4).',
  cheapen: null,
  attack: () => lyingAbout(() => 0),
};
