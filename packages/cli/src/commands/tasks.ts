import { formatUnits, type Task, TaskPage } from '@assay/client';
import { table } from '@assay/explain/table';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { wholeNumber } from '../inputs.ts';

const standardLimit = 20;

export const tasksCommand = defineCommand({
  name: 'tasks',
  summary: 'Certified tasks, newest first.',
  arguments: [],
  options: [
    { syntax: '--limit <N>', description: `at most so many (default ${standardLimit})` },
    { syntax: '--before <ORDER>', description: 'only tasks certified before the one of this order' },
  ],
  input: z.object({
    limit: wholeNumber('--limit', { min: 1, max: 1000 }).optional(),
    before: wholeNumber('--before', { min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
  }),
  output: TaskPage,
  run: ({ client, input }) =>
    client().getTasks({
      limit: input.limit ?? standardLimit,
      ...(input.before === undefined ? {} : { before: input.before }),
    }),
  print: (page) => {
    if (page.items.length === 0) return ['No task yet. Ask something: assay chat "Why is the sky blue?"'];
    const head = ['height', 'order', 'miner', 'status', 'audit', 'in', 'out', 'units', 'paid', 'task'];
    return table(head, page.items.map(row));
  },
});

function row(task: Task): string[] {
  return [
    String(task.height),
    String(task.order),
    String(task.miner),
    task.status,
    task.verdict ?? '-',
    String(task.tokensIn),
    String(task.tokensOut),
    formatUnits(BigInt(task.priceUnits)),
    task.paidEpoch === null ? '-' : `epoch ${task.paidEpoch}`,
    task.taskId,
  ];
}
