import type { Sampling } from '@assay/protocol';
import {
  type Candidate,
  candidateCount,
  chooseToken,
  type Distribution,
  uniform,
} from '@assay/roles/inference/sampling';

/**
 * By how much the difference of two logits may be off between a token decoded alone and the same token in a prefill of
 * the same engine, nats (verification §2.6).
 */
export const choiceMargin = 0.05;

/**
 * Whether `id` is what `chooseToken` gives, or would give with logits whose differences are off by up to the margin
 * (verification §2.6).
 */
export function isChoice(distribution: Distribution, sampling: Sampling, step: number, id: number): boolean {
  if (chooseToken(distribution, sampling, step).id === id) return true;
  const chosen = distribution.candidates.find((candidate) => candidate.id === id);
  if (chosen === undefined || !mayBeKept(distribution, sampling, chosen)) return false;
  return (
    sampling.temperatureMicro === 0 || mayBeDrawn(distribution, sampling, { chosen, u: uniform(sampling.seed, step) })
  );
}

/** Those that stand before a candidate whatever the margin does. */
function surelyBefore({ candidates }: Distribution, { logit }: Candidate): readonly Candidate[] {
  return candidates.filter((other) => other.logit > logit + choiceMargin);
}

/** Those that stand before a candidate, or beside it, if the margin wills it. */
function maybeBefore({ candidates }: Distribution, { id, logit }: Candidate): readonly Candidate[] {
  return candidates.filter((other) => other.id !== id && other.logit >= logit - choiceMargin);
}

function mayBeKept(distribution: Distribution, sampling: Sampling, candidate: Candidate): boolean {
  const before = surelyBefore(distribution, candidate);
  if (sampling.temperatureMicro === 0 || before.length === 0) return before.length === 0;
  return (
    before.length < rankLimit(sampling) &&
    partOf(distribution, before, choiceMargin) * 1e6 < sampling.topPMicro &&
    relative(distribution, candidate) * Math.exp(choiceMargin) * 1e6 >= sampling.minPMicro
  );
}

function isSurelyKept(distribution: Distribution, sampling: Sampling, candidate: Candidate): boolean {
  const before = maybeBefore(distribution, candidate);
  return (
    before.length < rankLimit(sampling) &&
    partOf(distribution, before, -choiceMargin) * 1e6 < sampling.topPMicro &&
    relative(distribution, candidate) * Math.exp(-choiceMargin) * 1e6 >= sampling.minPMicro
  );
}

const rankLimit = ({ topK }: Sampling) => (topK === 0 ? candidateCount : topK);

function relative({ candidates }: Distribution, { logit }: Candidate): number {
  return Math.exp(logit - (candidates[0]?.logit ?? logit));
}

/** Part of all probability that some candidates have when every other logit is raised by `raised` against theirs. */
function partOf(distribution: Distribution, some: readonly Candidate[], raised: number): number {
  const mass = some.reduce((sum, candidate) => sum + relative(distribution, candidate), 0);
  return share(mass, Math.max(0, distribution.totalWeight - mass), raised);
}

function share(mass: number, others: number, raised: number): number {
  if (mass === 0 || others === 0) return mass === 0 ? 0 : 1;
  return mass / (mass + others * Math.exp(raised));
}

/** Whether the lot may fall on the chosen token: between the least before it and the most up to its end. */
function mayBeDrawn(
  distribution: Distribution,
  sampling: Sampling,
  { chosen, u }: { readonly chosen: Candidate; readonly u: number },
): boolean {
  const temperature = sampling.temperatureMicro / 1e6;
  const { candidates } = distribution;
  const best = candidates[0] ?? chosen;
  const weightOf = (some: readonly Candidate[]) =>
    some.reduce((sum, { logit }) => sum + Math.exp((logit - best.logit) / temperature), 0);
  const before = surelyBefore(distribution, chosen);
  const upTo = [chosen, ...maybeBefore(distribution, chosen)];
  const mostKept = candidates.filter((candidate) => mayBeKept(distribution, sampling, candidate));
  const leastKept = candidates.filter((candidate) => isSurelyKept(distribution, sampling, candidate));
  const raised = choiceMargin / temperature;
  const least = share(weightOf(before), Math.max(0, weightOf(mostKept) - weightOf(before)), raised);
  const most = share(weightOf(upTo), Math.max(0, weightOf(leastKept) - weightOf(upTo)), -raised);
  return u >= least && u < most;
}
