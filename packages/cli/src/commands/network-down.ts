import { join, resolve } from 'node:path';
import { stopProcess } from '@assay/node/deploy/processes';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { networkOf } from '../network/nodes.ts';
import { dirInput, dirOption, hostOption } from '../network/options.ts';

/** A node that is at work has so long to end. */
const limitMs = 30_000;

export const networkDownCommand = defineCommand({
  name: 'network down',
  summary: 'End every node of a network; nothing that was acknowledged is lost.',
  arguments: [],
  options: [dirOption, hostOption],
  input: dirInput,
  output: z.object({
    nodes: z.array(z.object({ name: z.string(), was: z.enum(['stopped', 'cutOff', 'notRunning']) })),
  }),
  run: async ({ input }) => {
    const dir = resolve(input.dir);
    const { nodes } = await networkOf(dir, input.host);
    const ended = nodes.map(async ({ name, dir: own }) => {
      return { name, was: await stopProcess(join(dir, own), limitMs) };
    });
    return { nodes: await Promise.all(ended) };
  },
  print: ({ nodes }) => {
    const stopped = nodes.filter(({ was }) => was === 'stopped').length;
    const cutOff = nodes.filter(({ was }) => was === 'cutOff').map(({ name }) => name);
    const late = cutOff.length === 0 ? [] : [`Cut off after ${limitMs / 1000} s: ${cutOff.join(', ')}.`];
    return [stopped + cutOff.length === 0 ? 'No node was running.' : `${stopped} nodes stopped.`, ...late];
  },
});
