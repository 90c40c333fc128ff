import type { Adversary } from '../adversary.ts';
import { lyingAbout } from './lying.ts';

export const lyingMixerDown: Adversary = {
  name: 'lying-mixer-down',
  role: 'mixer',
  does: 'It adds a second and a half to each time that it takes of the line of the first miner.',
  loses: 'Its reports move nothing: of what three mixers measured the median counts (§8.4).',
  cheapen: null,
  attack: () => lyingAbout((passedMs) => passedMs + 1500),
};
