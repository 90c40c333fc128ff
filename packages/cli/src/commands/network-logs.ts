import { join, resolve } from 'node:path';
import { lastLines } from '@assay/node/deploy/processes';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { CliError } from '../failures.ts';
import { wholeNumber } from '../inputs.ts';
import { networkOf } from '../network/nodes.ts';
import { dirInput, dirOption, hostOption } from '../network/options.ts';

const standardLines = 20;

export const networkLogsCommand = defineCommand({
  name: 'network logs',
  summary: 'The last lines that the nodes of a network have said; all of them, or one.',
  arguments: [{ syntax: '[node]', description: 'a node, as `assay network status` names it' }],
  options: [
    dirOption,
    hostOption,
    { syntax: '--lines <N>', description: `how many of each (default ${standardLines})` },
  ],
  input: dirInput.extend({
    node: z.string().optional(),
    lines: wholeNumber('--lines', { min: 1, max: 10_000 }).default(standardLines),
  }),
  output: z.object({ nodes: z.array(z.object({ name: z.string(), lines: z.array(z.string()) })) }),
  run: async ({ input }) => {
    const dir = resolve(input.dir);
    const { nodes } = await networkOf(dir, input.host);
    const shown = input.node === undefined ? nodes : nodes.filter(({ name }) => name === input.node);
    if (shown.length === 0) {
      const names = nodes.map(({ name }) => name).join(', ');
      throw new CliError('notFound', `There is no node "${input.node}" here; there are ${names}.`);
    }
    return { nodes: shown.map(({ name, dir: own }) => ({ name, lines: lastLines(join(dir, own), input.lines) })) };
  },
  print: ({ nodes }) =>
    nodes.flatMap(({ name, lines }) => {
      const said = lines.length === 0 ? ['nothing'] : lines;
      return nodes.length === 1 ? said : said.map((line) => `${name}: ${line}`);
    }),
});
