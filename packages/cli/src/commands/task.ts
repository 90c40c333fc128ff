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

/** The states it went through: who asked, who took it, then a line for each attempt (§5.1.4). */
function stateLines({ states, gateway, history }: TaskDetail): string[] {
  const oracles = history.flatMap(({ event }) => (event.type === 'taskLate' ? [event.oracle] : []));
  const begun = states.flatMap(({ state, by, height, timeMs }) => {
    const when = `after block ${height}${timeMs === null ? '' : ` (${new Date(timeMs).toISOString()})`}`;
    if (state === 'request') return [`  request: ${by} through gateway ${gateway}, ${when}`];
    return state === 'create' ? [`  create: ${by}, ${when}`] : [];
  });
  const ofMiners = states.filter(({ by, state }) => by.startsWith('miner') || state === 'end');
  const attempts = [...Map.groupBy(ofMiners, ({ attempt }) => attempt)].map(([attempt, path]) => {
    const [first] = path;
    const late = path.find(({ isLate }) => isLate);
    const words = path.map(({ state }) => state).join(' → ');
    const end = late === undefined ? '' : ` late; oracle ${oracles.shift()} asked, block ${late.height}`;
    return `  attempt ${attempt}, ${first?.by}: ${words}${end}`;
  });
  return ['', ...begun, ...attempts];
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
