import { committeeOf, epochValues, measuredValues, measuringOf } from '@assay/ledger';
import { World } from '@assay/ledger/fixture';
import { limits, type MeasureReport, MeasureRow } from '@assay/protocol';
import type { RandomStream } from '@assay/roles/ports/runtime';

export interface LiftOptions {
  readonly mixers: number;
  /** Those of them that say whatever counts most. */
  readonly lying: number;
  /** What the others measure, and the most that counts, bytes per second. */
  readonly trueBandwidth: bigint;
  readonly cap: bigint;
  readonly epochs: number;
  readonly random: RandomStream;
}

export interface Lift {
  /** What counts of the miner, in parts of what is true: the mean over all epochs, and its standard error. */
  readonly mean: number;
  readonly error: number;
  /** Part of the epochs in which a lie counts. */
  readonly lifted: number;
}

/**
 * What counts of a miner's bandwidth epoch by epoch: who measures it is drawn as the ledger does (§8.1), and the
 * medians are the ledger's (§8.4).
 */
export function liftedBandwidth({ mixers, lying, trueBandwidth, cap, epochs, random }: LiftOptions): Lift {
  const { state } = new World({ mixers }).populate();
  const seats = committeeOf(state, state.globals.epoch);
  const nothing = MeasureRow.defaultValue();
  let row: MeasureRow = nothing;
  const ratios: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const measuring = seats.filter(({ mixer }) => measuringOf(state, { mixer, reveal: random.bytes(96) }, 0).isOfLine);
    const reports = measuring.map(({ mixer }) => reportOf(mixer, mixer < lying ? cap : trueBandwidth));
    row = { ...nothing, ...epochValues(row), epoch, reports };
    const { bandwidth } = measuredValues(row);
    if (epoch < limits.measuredEpochs || bandwidth === null) continue;
    ratios.push(Number(bandwidth < cap ? bandwidth : cap) / Number(trueBandwidth));
  }
  const mean = meanOf(ratios);
  return { mean, error: errorOf(ratios), lifted: meanOf(ratios.map((ratio) => Number(ratio > 1))) };
}

const reportOf = (mixer: number, bandwidth: bigint): MeasureReport => ({
  mixer,
  owed: 0,
  asked: 0,
  right: 0,
  disputed: 0,
  hashRate: 0n,
  bandwidth,
  latencyMs: 0,
});

const meanOf = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / Math.max(1, values.length);

/** Of the mean, by those of long stretches: what counts in one epoch counts in the next six, too. */
function errorOf(values: readonly number[]): number {
  const length = Math.max(1, Math.floor(values.length / stretches));
  const means = Array.from({ length: stretches }, (_, i) => meanOf(values.slice(i * length, (i + 1) * length)));
  const mean = meanOf(means);
  const variance = means.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (stretches - 1);
  return Math.sqrt(variance / stretches);
}
const stretches = 20;
