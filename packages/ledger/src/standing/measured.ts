import { limits, type MeasureReport, type MeasureRow } from '@assay/protocol';

/** What challenges measured of a miner (§8.4); null where nothing did. */
export interface MeasuredValues {
  readonly hashRate: bigint | null;
  readonly bandwidth: bigint | null;
  readonly latencyMs: number | null;
}

/** A value for each of the last epochs in which mixers measured one: the median over them, last first (§8.4). */
export function epochValues(row: Readonly<MeasureRow>): Pick<MeasureRow, 'hashRates' | 'bandwidths' | 'latenciesMs'> {
  const { reports } = row;
  return {
    hashRates: withValue(middleOf(reports.filter(hasRate).map(({ hashRate }) => hashRate)), row.hashRates),
    bandwidths: withValue(medianOf(reports.map(({ bandwidth }) => bandwidth)), row.bandwidths),
    latenciesMs: withValue(medianOf(reports.map(({ latencyMs }) => latencyMs)), row.latenciesMs),
  };
}

/** Whether it says a hash rate; of who answered nothing of what was asked it is zero, whatever another mixer says. */
function hasRate({ hashRate, asked, right, disputed }: MeasureReport): boolean {
  return hashRate > 0n || (asked > 0 && right + disputed === 0);
}

function withValue<Value>(value: Value | null, before: readonly Value[]): Value[] {
  return value === null ? [...before] : [value, ...before].slice(0, limits.measuredEpochs);
}

/** The medians over those epochs: a mixer that lies moves none of them alone. */
export function measuredValues(row: Readonly<MeasureRow> | undefined): MeasuredValues {
  if (row === undefined) return { hashRate: null, bandwidth: null, latencyMs: null };
  const { hashRates, bandwidths, latenciesMs } = epochValues(row);
  const hashRate = middleOf(hashRates) || null;
  return { hashRate, bandwidth: medianOf(bandwidths), latencyMs: medianOf(latenciesMs) };
}

/**
 * The same as it stood when an epoch began (§6.6.2): a row of that epoch keeps its reports apart from the values of
 * those before.
 */
export function measuredBefore(row: Readonly<MeasureRow> | undefined, epoch: number): MeasuredValues {
  return measuredValues(row === undefined || row.epoch < epoch ? row : { ...row, reports: [] });
}

/** The middle of what was measured, the lower one of two; null without any. Zero is not measured (§8.3). */
export function medianOf<Value extends number | bigint>(values: readonly Value[]): Value | null {
  return middleOf(values.filter((value) => value > 0));
}

function middleOf<Value extends number | bigint>(values: readonly Value[]): Value | null {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : 1));
  return sorted[(sorted.length - 1) >> 1] ?? null;
}
