import type { Adversary } from '../adversary.ts';
import { lyingAbout } from './lying.ts';

export const lyingMixerDown: Adversary = {
  name: 'lying-mixer-down',
  role: 'mixer',
  does: 'Its clock runs a thousand times too fast while it measures the line of the first miner.',
  loses: 'Its reports move nothing: of what three mixers measured the median counts (§8.4).',
  cheapen: null,
  attack: () => lyingAbout(1000),
};
