import { table, wrapped } from '@assay/explain/table';
import { z } from 'zod';
import { defineCommand } from '../command.ts';

const proseWidth = 84;

export const adversariesCommand = defineCommand({
  name: 'adversaries',
  summary: 'The attacks that `assay up --adversary` puts into a network, and what each should lose.',
  arguments: [],
  options: [],
  input: z.object({}),
  output: z.object({
    adversaries: z.array(z.object({ name: z.string(), role: z.string(), does: z.string(), loses: z.string() })),
  }),
  run: async () => {
    const { adversaries } = await import('@assay/sim/adversaries/index');
    return { adversaries: adversaries.map(({ name, role, does, loses }) => ({ name, role, does, loses })) };
  },
  print: ({ adversaries }) =>
    table(
      ['name', 'role', 'what it does, and what it should lose'],
      adversaries.flatMap(({ name, role, does, loses }) => {
        const [first = '', ...more] = [...wrapped(does, proseWidth), ...wrapped(loses, proseWidth)];
        return [[name, role, first], ...more.map((line) => ['', '', line])];
      }),
    ),
});
