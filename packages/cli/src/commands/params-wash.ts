import { table } from '@assay/explain/table';
import { selfDealingReturn, wholeReturn } from '@assay/sim/justice/wash';
import { z } from 'zod';
import { defineCommand } from '../command.ts';

const capacities = [0.01, 0.05, 0.1, 0.2, 0.3, 0.5] as const;
const phases = [true, false] as const;

const Row = z.object({
  /** Null for who has every role and all capacity. */
  capacity: z.number().nullable(),
  isBootstrap: z.boolean(),
  /** Per unit of fees. */
  drawn: z.number(),
  steered: z.number(),
});

export const paramsWashCommand = defineCommand({
  name: 'params wash',
  summary: 'What buying from one’s own miner brings back, by its capacity, before and after the bootstrap.',
  arguments: [],
  options: [],
  input: z.object({}),
  output: z.object({ rows: z.array(Row) }),
  run: async () => ({
    rows: phases.flatMap((isBootstrap) => [
      ...capacities.map((capacity) => ({
        capacity,
        isBootstrap,
        drawn: selfDealingReturn({ capacity, isSteered: false, isBootstrap }),
        steered: selfDealingReturn({ capacity, isSteered: true, isBootstrap }),
      })),
      { capacity: null, isBootstrap, drawn: wholeReturn(isBootstrap), steered: wholeReturn(isBootstrap) },
    ]),
  }),
  print: ({ rows }) => [
    'Return on each unit of fees that a miner’s owner pays for traffic of its own, whatever part of all traffic it is:',
    ...phases.flatMap((phase) => ['', titles[String(phase)] ?? '', '', ...grid(rows, phase)]),
    '',
    'Drawn: its traffic goes to miners as everybody’s. Steered: all of it to its own miner, which draws prevent.',
    'Below zero it loses, before what the work costs.',
  ],
});

const titles: Readonly<Record<string, string>> = {
  true: 'Before the bootstrap ends, by the miner’s capacity:',
  false: 'After it:',
};

function grid(rows: readonly z.infer<typeof Row>[], isBootstrap: boolean): string[] {
  const own = rows.filter((row) => row.isBootstrap === isBootstrap);
  return table(
    ['', 'drawn', 'steered'],
    own.map(({ capacity, drawn, steered }) => [
      capacity === null ? 'every role its own' : percent(capacity),
      percent(drawn),
      percent(steered),
    ]),
  );
}

function percent(value: number): string {
  return `${Number((value * 100).toFixed(2))} %`;
}
