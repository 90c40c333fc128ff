import { formatUnits, Pending, TaskDetail } from '@assay/client';
import { ratio } from '@assay/explain/ratio';
import { fields } from '@assay/explain/table';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { taskId } from '../inputs.ts';

export const taskCommand = defineCommand({
  name: 'task',
  summary: 'One task: what it cost, its audit, and what happened to it block by block.',
  arguments: [{ syntax: '<id>', description: 'task id, as `assay chat` and `assay tasks` print it' }],
  options: [],
  input: z.object({ id: taskId }),
  output: z.union([Pending, TaskDetail]),
  run: ({ client, input }) => client().getTask(input.id),
  print: (task) => (task.status === 'pending' ? [task.message] : lines(task)),
});

const steps = ['prepare', 'start', 'precommit', 'commit'];

function lines(task: TaskDetail): string[] {
  const units = (text: string): string => `${formatUnits(BigInt(text))} units`;
  const pairs: [string, string][] = [
    ['task', task.taskId],
    ['status', `${task.status}, ${task.outcome} answer`],
    ['asked', `session ${task.session}, request ${task.requestHash}, gateway ${task.gateway}`],
    ['served', `miner ${task.miner} (rank ${task.rank}, attempt ${task.attempt}) with ${task.modelName}`],
    ['replica', `${task.replica}; similarity ${ratio(task.similarityPpb ?? 0)}, ${task.agreement}`],
    [
      'tokens',
      `${task.tokensIn} in, ${task.tokensOut} out; first after ${task.firstTokenMs} ms, all ${task.totalMs} ms`,
    ],
    ['price', units(task.priceUnits)],
    ['certified', `block ${task.height} by mixer ${task.mixer}; drawn from the state of block ${task.drawHeight}`],
    [
      'paid',
      task.paidEpoch === null
        ? `not yet (${units(task.pendingUnits)} pending)`
        : `at the end of epoch ${task.paidEpoch}`,
    ],
    ['refunded', units(task.refundedUnits)],
    ['artifact', task.artifactRoot],
  ];
  const unshown = task.refundedUnits === '0' ? ['refunded'] : ['paid'];
  if (task.similarityPpb === null) unshown.push('replica');
  const shown = pairs.filter(([name]) => !unshown.includes(name));
  return [...fields(shown), ...stateLines(task), ...auditLines(task), ...historyLines(task)];
}

/** The states it went through, a line for each attempt (§5): late steps and the receipt tell them all. */
function stateLines({ history, attempt, miner }: TaskDetail): string[] {
  const late = history.flatMap(({ height, event }) => (event.type === 'taskLate' ? [{ height, ...event }] : []));
  return [
    '',
    ...late.map((each) => {
      const path = steps.slice(0, steps.indexOf(each.step) + 1).join(' → ');
      const who = `attempt ${each.attempt}, miner ${each.miner}`;
      return `  ${who}: ${path} late; oracle ${each.oracle} asked, block ${each.height}`;
    }),
    `  attempt ${attempt}, miner ${miner}: ${[...steps, 'end'].join(' → ')}`,
  ];
}

function auditLines({ audit }: TaskDetail): string[] {
  if (audit === null) return [];
  return [
    '',
    `Audit drawn at block ${audit.drawnHeight}: ${audit.verdict}.`,
    ...audit.auditors.map(({ validator, state, numbers }) => {
      if (numbers === null) return `  validator ${validator}: ${state}`;
      const { finding, t1Ppb, positions } = numbers;
      return `  validator ${validator}: ${finding}, T1 ${ratio(t1Ppb)} over ${positions} positions`;
    }),
  ];
}

function historyLines({ history }: TaskDetail): string[] {
  return ['', ...history.map(({ height, event }) => `  block ${height}: ${event.type}`)];
}
