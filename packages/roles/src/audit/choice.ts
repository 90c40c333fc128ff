import type { Sampler, Sampling } from '@assay/protocol';
import { type Candidate, candidateCount, chooseToken, type Distribution, uniform } from '../inference/sampling.ts';

/** How a token was drawn at a step, as its miner says. */
export interface Draw {
  readonly sampling: Sampling;
  readonly sampler: Sampler;
  readonly step: number;
}

/**
 * By how much differences of logits may be off between a token decoded alone and the same token in a prefill of the
 * same engine, millionths of a nat (verification §2.6.1).
 */
export const equalMarginMicro = 50_000;
/** Beyond this margin no token is a choice, nats: what differs so much is another distribution. */
const mostMargin = 2;
/** How finely a margin is found, nats. */
const marginStep = 1 / 1024;
/** The margin of a token that is no choice within any, millionths of a nat. */
export const noMargin = 0xffff_ffff;

/**
 * The least margin, millionths of a nat, within which a token is a choice: by how much differences of logits must be
 * off for the draw to give it (verification §2.6.1, §3.1). `noMargin` where none does.
 */
export function choiceMarginMicro(distribution: Distribution, draw: Draw, token: Candidate): number {
  if (isChoice(distribution, draw, token, 0)) return 0;
  if (!isChoice(distribution, draw, token, mostMargin)) return noMargin;
  let [without, within] = [0, mostMargin];
  while (within - without > marginStep) {
    const middle = (without + within) / 2;
    if (isChoice(distribution, draw, token, middle)) within = middle;
    else without = middle;
  }
  return Math.ceil(within * 1e6);
}

/**
 * Whether a token is a choice within a margin, nats; a seeded one also where its lot falls on it. It may stand just
 * below the candidates: those of another engine are other ones.
 */
export function isChoice(distribution: Distribution, draw: Draw, chosen: Candidate, margin: number): boolean {
  const { sampling, sampler, step } = draw;
  const isSeeded = sampler === 'seeded';
  if (isSeeded && chooseToken(distribution, sampling, step).id === chosen.id) return true;
  const cuts = cutsOf(distribution, draw, margin);
  const isKept = mayBeKept(cuts, sampling, chosen);
  if (!isKept || sampling.temperatureMicro === 0) return isKept;
  if (!isSeeded) return relativeDrawn(cuts, sampling, chosen) >= leastDrawn;
  return mayBeDrawn(cuts, sampling, { chosen, u: uniform(sampling.seed, step) });
}

/** What is drawn less often than so, beside the likeliest, was not drawn by a server's chance. */
const leastDrawn = 1e-5;

/** How much less likely a token is drawn than the likeliest, at most, within the margin. */
function relativeDrawn({ candidates, margin }: Cuts, { temperatureMicro }: Sampling, { logit }: Candidate): number {
  const behind = Math.max(0, (candidates[0]?.logit ?? logit) - logit - margin);
  return Math.exp((-behind * 1e6) / temperatureMicro);
}

/** A distribution as its cuts see it, and by how much differences of logits may be off, nats. */
interface Cuts extends Distribution {
  readonly margin: number;
  /** Logit of a candidate, as the cuts see it. */
  readonly scale: number;
}

function cutsOf(distribution: Distribution, { sampling, sampler }: Draw, margin: number): Cuts {
  if (sampler === 'seeded') return { ...distribution, margin, scale: 1 };
  const { candidates } = distribution;
  if (sampler === 'temperatureFirst' && sampling.temperatureMicro > 0)
    return temperedCuts(distribution, sampling, margin);
  const first = candidates[0]?.logit ?? 0;
  // llama.cpp cuts by rank first, and then by what is left.
  const kept = candidates.slice(0, rankLimit(sampling));
  const totalWeight = kept.reduce((sum, { logit }) => sum + Math.exp(logit - first), 0);
  return { candidates, totalWeight, margin, scale: 1 };
}

/**
 * vLLM and SGLang cut what the temperature left, by mass of what the ranks leave or of all: the more there is, the more
 * is kept. What lies below the candidates has at most the weight of the last of them, to its power.
 */
function temperedCuts({ candidates, totalWeight }: Distribution, { temperatureMicro }: Sampling, margin: number): Cuts {
  const scale = 1e6 / temperatureMicro;
  const first = candidates[0]?.logit ?? 0;
  const rawOf = ({ logit }: Candidate) => Math.exp(logit - first);
  const below = Math.max(0, totalWeight - candidates.reduce((sum, token) => sum + rawOf(token), 0));
  const [last] = candidates.slice(-1).map(rawOf);
  const tail = scale >= 1 ? below * (last ?? 1) ** (scale - 1) : Number.POSITIVE_INFINITY;
  const tempered = candidates.reduce((sum, token) => sum + rawOf(token) ** scale, 0);
  return { candidates, totalWeight: tempered + tail, margin, scale };
}

/** Those that stand before a candidate whatever the margin does. */
function surelyBefore({ candidates, margin }: Cuts, { logit }: Candidate): readonly Candidate[] {
  return candidates.filter((other) => other.logit > logit + margin);
}

/** Those that stand before a candidate, or beside it, if the margin wills it. */
function maybeBefore({ candidates, margin }: Cuts, { id, logit }: Candidate): readonly Candidate[] {
  return candidates.filter((other) => other.id !== id && other.logit >= logit - margin);
}

function mayBeKept(cuts: Cuts, sampling: Sampling, candidate: Candidate): boolean {
  const before = surelyBefore(cuts, candidate);
  if (sampling.temperatureMicro === 0 || before.length === 0) return before.length === 0;
  const slack = cuts.scale * cuts.margin;
  return (
    before.length < rankLimit(sampling) &&
    partOf(cuts, before, slack) * 1e6 < sampling.topPMicro &&
    relative(cuts, candidate) * Math.exp(slack) * 1e6 >= sampling.minPMicro
  );
}

function isSurelyKept(cuts: Cuts, sampling: Sampling, candidate: Candidate): boolean {
  const before = maybeBefore(cuts, candidate);
  const slack = cuts.scale * cuts.margin;
  return (
    before.length < rankLimit(sampling) &&
    partOf(cuts, before, -slack) * 1e6 < sampling.topPMicro &&
    relative(cuts, candidate) * Math.exp(-slack) * 1e6 >= sampling.minPMicro
  );
}

const rankLimit = ({ topK }: Sampling) => (topK === 0 ? candidateCount : topK);

function relative({ candidates, scale }: Cuts, { logit }: Candidate): number {
  return Math.exp(scale * (logit - (candidates[0]?.logit ?? logit)));
}

/** Part of all probability that some candidates have when every other logit is raised by `raised` against theirs. */
function partOf(cuts: Cuts, some: readonly Candidate[], raised: number): number {
  const mass = some.reduce((sum, candidate) => sum + relative(cuts, candidate), 0);
  return share(mass, Math.max(0, cuts.totalWeight - mass), raised);
}

function share(mass: number, others: number, raised: number): number {
  if (mass === 0 || others === 0) return mass === 0 ? 0 : 1;
  return mass / (mass + others * Math.exp(raised));
}

/** Whether the lot may fall on the chosen token: between the least before it and the most up to its end. */
function mayBeDrawn(
  cuts: Cuts,
  sampling: Sampling,
  { chosen, u }: { readonly chosen: Candidate; readonly u: number },
): boolean {
  const temperature = sampling.temperatureMicro / 1e6;
  const { candidates, margin } = cuts;
  const best = candidates[0] ?? chosen;
  const weightOf = (some: readonly Candidate[]) =>
    some.reduce((sum, { logit }) => sum + Math.exp((logit - best.logit) / temperature), 0);
  const before = surelyBefore(cuts, chosen);
  const upTo = [chosen, ...maybeBefore(cuts, chosen)];
  const mostKept = candidates.filter((candidate) => mayBeKept(cuts, sampling, candidate));
  const leastKept = candidates.filter((candidate) => isSurelyKept(cuts, sampling, candidate));
  const raised = margin / temperature;
  const least = share(weightOf(before), Math.max(0, weightOf(mostKept) - weightOf(before)), raised);
  const most = share(weightOf(upTo), Math.max(0, weightOf(leastKept) - weightOf(upTo)), -raised);
  return u >= least && u < most;
}
