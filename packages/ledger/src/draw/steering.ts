import { limits, type Params, Quantity, type Ref, type TaskRequest } from '@assay/protocol';
import { Bool, StructType, type ValueOf } from '@assay/ssz';
import { PPB } from '../arithmetic/integers.ts';
import { measuredBefore, medianOf } from '../standing/measured.ts';
import type { LedgerView } from '../state/state.ts';

/** What a task asks most of its miner (A8). */
export type TaskClass = 'data' | 'compute' | 'interactive';

/** What the session key signed of the length of a task. */
export type TaskBounds = Pick<TaskRequest, 'maxTokensIn' | 'maxTokensOut'>;

/** What a draw knows of a miner's speed: what was measured up to the end of the last epoch; zero for never (§8.4). */
export const DrawMeasures = new StructType(
  {
    bandwidth: Quantity,
    hashRate: Quantity,
    latencyMs: Quantity,
    /** Registered so lately that nobody had to measure it yet. */
    isNew: Bool,
  },
  { typeName: 'DrawMeasures' },
);
export type DrawMeasures = ValueOf<typeof DrawMeasures>;
type Measure = Exclude<keyof DrawMeasures, 'isNew'>;

/** What each class is steered by. */
const measureOf = {
  data: 'bandwidth',
  compute: 'hashRate',
  interactive: 'latencyMs',
} as const satisfies Record<TaskClass, Measure>;

/** §6.6 The class of a task: by what its payer signed, and nothing that anybody finds out later. */
export function taskClassOf(
  { maxTokensIn, maxTokensOut }: TaskBounds,
  { dataTokensIn, computeTokensOut }: Params['steering'],
): TaskClass {
  if (maxTokensIn >= dataTokensIn && maxTokensIn >= maxTokensOut) return 'data';
  return maxTokensOut >= computeTokensOut ? 'compute' : 'interactive';
}

/** §6.6.2 What the draws of an epoch know of a miner's speed. */
export function drawMeasures(
  { globals, params, measures }: Pick<LedgerView, 'globals' | 'params' | 'measures'>,
  miner: Ref<'miners'>,
  activeFrom: number,
): DrawMeasures {
  const first = Math.max(0, globals.epoch - limits.measuredEpochs);
  const isNew = activeFrom >= first * params.epochBlocks;
  const row = measures.of(miner);
  // Who is not measured any more keeps no old speed.
  const { bandwidth, hashRate, latencyMs } = measuredBefore(
    row === undefined || row.epoch < first ? undefined : row,
    globals.epoch,
  );
  return { bandwidth: bandwidth ?? 0n, hashRate: hashRate ?? 0n, latencyMs: BigInt(latencyMs ?? 0), isNew };
}

/** How the speeds of those who may be drawn weigh in the draws of one class. */
export interface Steering {
  readonly measure: Measure;
  /** The middle of what was measured of them; null where nobody was. */
  readonly median: bigint | null;
  factorPpb(measures: DrawMeasures): bigint;
}

/**
 * §6.6.1 A value counts v / (v + median), a latency median / (v + median): the median one half, and no value, however
 * high somebody made it, twice that. Where nobody was measured all count one.
 */
export function steeringOf(
  taskClass: TaskClass,
  all: readonly DrawMeasures[],
  { floorPpb }: Pick<Params['steering'], 'floorPpb'>,
): Steering {
  const measure = measureOf[taskClass];
  const median = medianOf(all.map((each) => each[measure]));
  const floor = BigInt(floorPpb);
  const factorOf = (value: bigint, isNew: boolean): bigint => {
    if (median === null) return PPB;
    if (value === 0n) return isNew ? PPB / 2n : 0n;
    return ((measure === 'latencyMs' ? median : value) * PPB) / (value + median);
  };
  return {
    measure,
    median,
    factorPpb: (measures) => {
      const factor = factorOf(measures[measure], measures.isNew);
      return factor > floor ? factor : floor;
    },
  };
}

/** A weight in draws of a class: never none for who has one. */
export function steeredWeight(weight: bigint, factorPpb: bigint): bigint {
  const steered = (weight * factorPpb) / PPB;
  return weight > 0n && steered === 0n ? 1n : steered;
}
