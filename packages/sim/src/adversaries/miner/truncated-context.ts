import type { Adversary } from '../adversary.ts';
import { answering, fromIds } from './serving.ts';

export const truncatedContext: Adversary = {
  name: 'truncated-context',
  role: 'miner',
  does: 'It reads only the second half of each prompt, and says that it read all of it.',
  loses: 'Its choices and numbers are those of another prompt: rejected and refunded.',
  cheapen: null,
  attack: () =>
    answering((honest) => fromIds(honest, async (promptIds) => promptIds.slice(Math.floor(promptIds.length / 2)))),
};
