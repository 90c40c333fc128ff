import { equalMarginMicro } from '@assay/roles/audit/choice';
import { type Sample, t1PpbOf } from './sample.ts';

/** Fewer honest requests say too little of what happens once in a thousand. */
export const leastRequests = 300;
/** Limits are so many times what an honest pair stays below in 99.9 % of all cases. */
const slack = 1.25;
/** Below this, T1 is what rounding to millionths and sums of 32 bits leave of nothing. */
const leastT1LimitPpb = 1_000_000;
const largest = 0xffff_ffff;

/** The middle of what was measured, its upper ends, and the most. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What an auditor finds in many answers. */
export interface Statistics {
  readonly requests: number;
  readonly positions: number;
  /** Of a request, over the positions an audit draws. */
  readonly t1Ppb: Quantiles;
  /** Of a position. */
  readonly marginMicro: Quantiles;
  readonly leadMicro: Quantiles;
}

/** What a pair of engines may differ by on one model, and why it may be told from the same weights in four bits. */
export interface NoiseLimits {
  readonly t1LimitPpb: number;
  readonly marginMicro: number;
  /** Part of all positions where the token is no choice within the margin: of the honest, and of the substituted. */
  readonly mismatches: { readonly honest: number; readonly substituted: number };
  /** Why these limits decide nothing; null where they do (verification §6.4). */
  readonly refusal: string | null;
}

/** Nearest rank. Throws RangeError without a value. */
export function quantilesOf(values: readonly number[]): Quantiles {
  if (values.length === 0) throw new RangeError('no value has no quantiles');
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}

/** The statistics of samples, which are told apart by their place. Throws RangeError without a sample. */
export function statisticsOf(samples: readonly Sample[]): Statistics {
  const margins = samples.flatMap(({ marginsMicro }) => marginsMicro);
  return {
    requests: samples.length,
    positions: margins.length,
    t1Ppb: quantilesOf(samples.map(t1PpbOf)),
    marginMicro: quantilesOf(margins),
    leadMicro: quantilesOf(samples.flatMap(({ leadsMicro }) => leadsMicro)),
  };
}

/** The part of all positions whose token is no choice within a margin. */
export function mismatchesOf(samples: readonly Sample[], marginMicro: number): number {
  const margins = samples.flatMap(({ marginsMicro }) => marginsMicro);
  return margins.filter((margin) => margin > marginMicro).length / Math.max(1, margins.length);
}

/** The limits of a pair, from its honest answers and from those of the same weights in four bits (verification §6.4). */
export function noiseLimits(honest: readonly Sample[], substituted: readonly Sample[]): NoiseLimits {
  const { t1Ppb, marginMicro } = statisticsOf(honest);
  const limit = (quantile: number, least: number) => Math.min(largest, Math.max(least, Math.ceil(quantile * slack)));
  const t1LimitPpb = limit(t1Ppb.p999, leastT1LimitPpb);
  const margin = limit(marginMicro.p999, equalMarginMicro);
  const middle = statisticsOf(substituted).t1Ppb.p50;
  return {
    t1LimitPpb,
    marginMicro: margin,
    mismatches: { honest: mismatchesOf(honest, margin), substituted: mismatchesOf(substituted, margin) },
    refusal: refusalOf(honest.length, { t1LimitPpb, middle }),
  };
}

function refusalOf(requests: number, { t1LimitPpb, middle }: { t1LimitPpb: number; middle: number }): string | null {
  if (requests < leastRequests) {
    return `${requests} honest answers say too little: ${leastRequests} are needed. Run it again with more requests.`;
  }
  if (t1LimitPpb * 2 < middle) return null;
  const [limit, half] = [t1LimitPpb, middle / 2].map((ppb) => (ppb / 1e9).toFixed(4));
  return (
    `T1 does not tell this pair from the same weights in four bits: the limit is ${limit}, and half of what they give ` +
    `is ${half}. Let the miner serve with other kernels or options, or be audited by its own engine.`
  );
}
