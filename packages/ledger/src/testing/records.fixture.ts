import { type BatchRecords, type Receipt, TaskState } from '@assay/protocol';
import fc from 'fast-check';
import { disputed, measurersOf } from './challenges.fixture.ts';
import { index } from './random-values.fixture.ts';
import type { World } from './world.fixture.ts';

const most = (1n << 64n) - 1n;

const hostileStep = fc.record(
  {
    step: fc.constantFrom(...TaskState.words),
    attempt: fc.nat(4),
    oracle: fc.nat(2),
    miner: index,
    session: index,
    drawHeight: fc.nat(80),
  },
  { requiredKeys: [] },
);
const dispute = fc.record(
  { model: index, tokensIn: fc.nat(2 ** 32 - 1), taskId: fc.constant(new Uint8Array(32)) },
  { requiredKeys: [] },
);
const hostileReport = fc.record(
  {
    miner: index,
    hashRate: fc.bigInt(0n, most),
    latencyMs: fc.nat(2 ** 32 - 1),
    disputed: fc.array(dispute, { maxLength: 8 }),
  },
  { requiredKeys: [] },
);
type ReportChange = typeof hostileReport extends fc.Arbitrary<infer Value> ? Value : never;
/** Mostly none or a sound one. */
const few = <Value>(sound: Partial<Value>, hostile: fc.Arbitrary<Value>) =>
  fc.oneof(
    { weight: 24, arbitrary: fc.constant<Partial<Value>[]>([]) },
    { weight: 3, arbitrary: fc.constant<Partial<Value>[]>([sound]) },
    { weight: 1, arbitrary: fc.array<Partial<Value>>(hostile, { maxLength: 2 }) },
  );

/** Random records of a batch; now and then hostile ones. */
export const someRecords = fc.record({
  transitions: few({}, hostileStep),
  reports: fc.oneof(
    { weight: 1, arbitrary: few({}, hostileReport) },
    { weight: 2, arbitrary: few<ReportChange>({ disputed: [{}] }, hostileReport) },
  ),
});

/** The records an honest committee would certify now with these receipts, unless they are hostile. */
export function recordsOf(
  world: World,
  batch: { readonly mixer: number; readonly receipts: readonly Receipt[] },
  data: typeof someRecords extends fc.Arbitrary<infer Value> ? Value : never,
): BatchRecords {
  const task = batch.receipts[0] ?? world.receipt();
  const isOfLine = measurersOf(world, 0, { latencyMs: 1 }).includes(batch.mixer);
  const line = isOfLine ? { latencyMs: 100 } : {};
  return {
    transitions: data.transitions.map((change) => world.transition(task, change)),
    reports: data.reports.map(({ disputed: challenges = [], ...change }) => {
      // A known answer is one that an audit approved, where there is one.
      const told = [...world.state.tasks].findLast(({ status }) => status === 'approved');
      const task = told ?? world.state.tasks.get(0);
      const known = task === undefined ? {} : { knownTaskId: task.taskId };
      const disputes = challenges.map((each) => disputed({ ...known, ...each }));
      return world.report(batch.mixer, { miner: 0, ...line, ...change, disputed: disputes });
    }),
  };
}
