import { type Artifact, limits, noToken } from '@assay/protocol';
import type { ScoredPosition } from '../ports/inference.ts';

/** One part in a billion. */
const ppb = 1_000_000_000;
/** No single position counts for more than this (verification §2). */
const winsorPpb = 150_000_000;

/** What a miner reported at one position: alternatives with their probabilities, parts per billion. */
export interface ReportedPosition {
  readonly index: number;
  readonly ids: readonly number[];
  readonly probabilitiesPpb: readonly number[];
}

/** The reported alternatives at output position `index`. Throws a RangeError when the artifact has no such position. */
export function reportedAt(artifact: Artifact, index: number): ReportedPosition {
  const window = artifact.windows[Math.floor(index / limits.windowTokens)];
  const top = window?.top[index % limits.windowTokens];
  if (top === undefined) throw new RangeError(`the artifact has no position ${index}`);
  const used = top.ids.map((id, index) => ({ id, index })).filter(({ id }) => id !== noToken);
  return {
    index,
    ids: used.map(({ id }) => id),
    probabilitiesPpb: used.map(({ index }) => probabilityPpb(top.negLogprobs[index] ?? noToken)),
  };
}

/** exp(−x / 10⁶), parts per billion. */
export function probabilityPpb(negLogprobMicro: number): number {
  return Math.round(Math.exp(-negLogprobMicro / 1_000_000) * ppb);
}

/** Total variation between reported and reference alternatives, with all others as one tail; winsorised, ppb (T1). */
export function variationPpb(reported: ReportedPosition, reference: Pick<ScoredPosition, 'probabilitiesPpb'>): number {
  let sum = 0;
  let reportedMass = 0;
  let referenceMass = 0;
  reported.probabilitiesPpb.forEach((mine, index) => {
    const theirs = reference.probabilitiesPpb[index] ?? 0;
    sum += Math.abs(mine - theirs);
    reportedMass += mine;
    referenceMass += theirs;
  });
  const tails = Math.abs(ppb - reportedMass - (ppb - referenceMass));
  return Math.min(Math.round((sum + tails) / 2), winsorPpb);
}

/**
 * T1 over the drawn positions: the mean variation (verification §2.3); how often the reported likeliest token is led by
 * another, and another one is chosen than the one that stands there, by more than the margin (verification §2.6).
 */
export function compareDistributions(
  reported: readonly ReportedPosition[],
  reference: readonly ScoredPosition[],
  marginMicro: number,
): { t1Ppb: number; argmaxMismatches: number; choiceMismatches: number } {
  let sumPpb = 0;
  let argmaxMismatches = 0;
  let choiceMismatches = 0;
  reported.forEach((position, i) => {
    const other = reference[i];
    if (other === undefined) throw new RangeError(`the reference has no position ${i}`);
    sumPpb += variationPpb(position, other);
    if (other.leadMicro > marginMicro) argmaxMismatches++;
    if (other.choiceMarginMicro > marginMicro) choiceMismatches++;
  });
  const t1Ppb = reported.length === 0 ? 0 : Math.round(sumPpb / reported.length);
  return { t1Ppb, argmaxMismatches, choiceMismatches };
}
