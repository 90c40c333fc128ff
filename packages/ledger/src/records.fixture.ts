import type { BatchRecords, Receipt } from '@assay/protocol';
import fc from 'fast-check';
import { index } from './random-values.fixture.ts';
import type { World } from './world.fixture.ts';

const most = (1n << 64n) - 1n;

const hostileStep = fc.record(
  { step: fc.nat(6), attempt: fc.nat(4), oracle: fc.nat(2), miner: index, session: index, drawHeight: fc.nat(80) },
  { requiredKeys: [] },
);
const hostileReport = fc.record(
  { miner: index, failed: fc.nat(255), hashRate: fc.bigInt(0n, most), latencyMs: fc.nat(2 ** 32 - 1) },
  { requiredKeys: [] },
);
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
  reports: few({ latencyMs: 100 }, hostileReport),
});

/** The records an honest committee would certify now with these receipts, unless they are hostile. */
export function recordsOf(
  world: World,
  batch: { readonly mixer: number; readonly receipts: readonly Receipt[] },
  data: typeof someRecords extends fc.Arbitrary<infer Value> ? Value : never,
): BatchRecords {
  const task = batch.receipts[0] ?? world.receipt();
  return {
    transitions: data.transitions.map((change) => world.transition(task, change)),
    reports: data.reports.map((change) => world.report(batch.mixer, { miner: 0, ...change })),
  };
}
