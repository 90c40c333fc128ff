import { type ProfileFlaw, profileFlaw } from '@assay/ledger';
import { defaultParams, EngineInfo, type NoiseProfile } from '@assay/protocol';
import { equalMarginMicro } from '@assay/roles/audit/choice';
import { type Sample, t1PpbOf } from './sample.ts';

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

/** The noise of a pair of engines on a model, and what it is made of. */
export interface MeasuredNoise {
  readonly profile: Omit<NoiseProfile, 'model'>;
  /** Why no network would put it in force; null where one would. */
  readonly flaw: ProfileFlaw | null;
  readonly honest: Findings;
  readonly substituted: Findings;
}

/** What an auditor finds in many answers, and the part of all positions whose token is no choice within the margin. */
interface Findings extends Statistics {
  readonly mismatches: number;
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

/**
 * The noise of a pair, from honest answers and from those of the same weights in four bits (verification §3.3). Throws
 * RangeError where either are missing.
 */
export function noiseOf(
  samples: { readonly honest: readonly Sample[]; readonly substituted: readonly Sample[] },
  engines: { readonly miner: EngineInfo; readonly auditor: EngineInfo },
): MeasuredNoise {
  const honest = statisticsOf(samples.honest);
  const substituted = statisticsOf(samples.substituted);
  const limit = (quantile: number, least: number) => Math.min(largest, Math.max(least, Math.ceil(quantile * slack)));
  // One margin is for both: that of a choice, and that of the likeliest token.
  const marginMicro = limit(Math.max(honest.marginMicro.p999, honest.leadMicro.p999), equalMarginMicro);
  const profile = {
    minerEngine: EngineInfo.hashTreeRoot(engines.miner),
    auditorEngine: EngineInfo.hashTreeRoot(engines.auditor),
    requests: honest.requests,
    t1LimitPpb: limit(honest.t1Ppb.p999, leastT1LimitPpb),
    marginMicro,
    substituteT1Ppb: substituted.t1Ppb.p50,
    substituteMismatchesPpb: Math.round(mismatchesOf(samples.substituted, marginMicro) * 1e9),
  };
  return {
    profile,
    flaw: profileFlaw(profile, defaultParams.models.maxT1ThresholdPpb),
    honest: { ...honest, mismatches: mismatchesOf(samples.honest, marginMicro) },
    substituted: { ...substituted, mismatches: mismatchesOf(samples.substituted, marginMicro) },
  };
}
