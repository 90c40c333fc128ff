import type { Sampling } from '@assay/protocol';
import { littleEndian, sha256 } from '@assay/ssz';

/** One token and its logit; lists of these are ordered by falling logit, then rising id. */
export interface Candidate {
  readonly id: number;
  readonly logit: number;
}

/** The part of a step's distribution that generation needs. */
export interface Distribution {
  /** The most likely tokens: at most `candidateCount`. */
  readonly candidates: readonly Candidate[];
  /** Σ exp(logit − highest logit) over the whole vocabulary. */
  readonly totalWeight: number;
}

/** Tokens a step chooses from: what lies below the 64 most likely is never drawn, as with `top_k = 64`. */
export const candidateCount = 64;

const highest = 2 ** 32 - 1;

/** −ln(probability) of a logit in the raw distribution (temperature 1, nothing cut off), in millionths. */
export function negLogprobMicro(distribution: Distribution, logit: number): number {
  const maxLogit = distribution.candidates[0]?.logit ?? logit;
  return microNats(maxLogit - logit + Math.log(distribution.totalWeight));
}

/** −ln(probability), nats, in millionths as an artifact has it. */
export function microNats(nats: number): number {
  return Math.min(highest, Math.max(0, Math.round(nats * 1e6)));
}

/** A number in [0, 1) that follows from the seed and the step: the first 48 bits of SHA-256(seed ‖ step). */
export function uniform(seed: number, step: number): number {
  const digest = sha256(littleEndian(seed, 4), littleEndian(step, 4));
  let value = 0;
  for (let i = 0; i < 6; i++) value = value * 256 + (digest[i] ?? 0);
  return value / 2 ** 48;
}

/**
 * The token of one step: a function of the distribution, the sampling and the step alone, so that the same build
 * repeats the same text. Temperature 0 takes the most likely token (the lower id of two equals). Otherwise the
 * candidates are cut by top-k, top-p and min-p, in this order and on the raw probabilities; what is left is drawn at
 * the temperature by the inverse of its distribution function. A top-k of 0 is `candidateCount`; the most likely
 * token always stays.
 */
export function chooseToken(distribution: Distribution, sampling: Sampling, step: number): Candidate {
  const [first] = distribution.candidates;
  if (first === undefined) throw new Error('a distribution has at least one candidate');
  return drawToken(keptCandidates(distribution, sampling), sampling, step) ?? first;
}

/** The candidates that the cuts leave, most likely first. */
export function keptCandidates(distribution: Distribution, sampling: Sampling): readonly Candidate[] {
  return sampling.temperatureMicro === 0 ? distribution.candidates.slice(0, 1) : cut(distribution, sampling);
}

/** One of what the cuts left, or of a part of it, drawn at the temperature; null of none. */
export function drawToken(kept: readonly Candidate[], sampling: Sampling, step: number): Candidate | null {
  const [first] = kept;
  if (first === undefined || sampling.temperatureMicro === 0) return first ?? null;
  const temperature = sampling.temperatureMicro / 1e6;
  const weights = kept.map((candidate) => Math.exp((candidate.logit - first.logit) / temperature));
  let left = uniform(sampling.seed, step) * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, candidate] of kept.entries()) {
    left -= weights[i] ?? 0;
    if (left < 0) return candidate;
  }
  return kept.at(-1) ?? first;
}

function cut(distribution: Distribution, sampling: Sampling): readonly Candidate[] {
  const maxLogit = distribution.candidates[0]?.logit ?? 0;
  const byRank = distribution.candidates.slice(0, sampling.topK === 0 ? candidateCount : sampling.topK);
  const kept: Candidate[] = [];
  let mass = 0;
  for (const candidate of byRank) {
    const weight = Math.exp(candidate.logit - maxLogit);
    if (kept.length > 0 && mass * 1e6 >= sampling.topPMicro * distribution.totalWeight) break;
    if (weight * 1e6 < sampling.minPMicro) break;
    kept.push(candidate);
    mass += weight;
  }
  return kept;
}
