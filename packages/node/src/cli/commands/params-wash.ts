import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { selfDealingReturn } from '../params/wash.ts';
import { table } from '../table.ts';

const capacities = [0.01, 0.05, 0.1, 0.2, 0.3, 0.5] as const;
const owns = [0, 0.1, 0.25, 0.5, 0.75, 1] as const;

const Row = z.object({
  capacity: z.number(),
  own: z.number(),
  /** Per unit of fees; null without any. */
  drawn: z.number().nullable(),
  steered: z.number().nullable(),
});

export const paramsWashCommand = defineCommand({
  name: 'params wash',
  summary: 'What buying from one’s own miner brings back, by its capacity and the share of own traffic.',
  arguments: [],
  options: [],
  input: z.object({}),
  output: z.object({ rows: z.array(Row) }),
  run: async () => ({
    rows: capacities.flatMap((capacity) =>
      owns.map((own) => ({
        ...{ capacity, own },
        drawn: own === 0 ? null : selfDealingReturn({ capacity, own, isSteered: false }),
        steered: own === 0 ? null : selfDealingReturn({ capacity, own, isSteered: true }),
      })),
    ),
  }),
  print: ({ rows }) => [
    'Return on each unit of fees that a miner’s owner pays for traffic of its own, after the bootstrap:',
    ...['drawn', 'steered'].flatMap((way) => ['', titles[way] ?? way, '', ...grid(rows, way === 'drawn')]),
    '',
    'Below zero it loses. Before the bootstrap ends only the credit for one payer limits it, and it may gain.',
  ],
});

const titles: Readonly<Record<string, string>> = {
  drawn: 'Its traffic drawn like everybody’s; own traffic across, capacity down:',
  steered: 'All its traffic steered to its own miner, which draws prevent:',
};

function grid(rows: readonly z.infer<typeof Row>[], isDrawn: boolean): string[] {
  const cells = (capacity: number) =>
    rows.filter((row) => row.capacity === capacity).map((row) => percent(isDrawn ? row.drawn : row.steered));
  return table(
    ['', ...owns.map(percent)],
    capacities.map((capacity) => [percent(capacity), ...cells(capacity)]),
  );
}

function percent(value: number | null): string {
  return value === null ? '–' : `${Number((value * 100).toFixed(2))} %`;
}
