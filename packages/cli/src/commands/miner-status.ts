import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { wholeNumber } from '../inputs.ts';
import { minerStatusLines } from '../miner-lines.ts';
import { MinerStatuses, minerStatuses } from '../miner-status.ts';

export const minerStatusCommand = defineCommand({
  name: 'miner status',
  summary: 'How far a miner has come, whether its work can be checked, what it was paid, and why no more.',
  arguments: [],
  options: [{ syntax: '--miner <N>', description: 'this miner of the network (default: those that the node runs)' }],
  input: z.object({ miner: wholeNumber('--miner', { min: 0, max: 2 ** 32 - 1 }).optional() }),
  output: MinerStatuses,
  run: ({ client, input: { miner } }) => minerStatuses(client(), miner),
  print: minerStatusLines,
});
