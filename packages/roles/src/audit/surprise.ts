import type { Sampling, Surprise } from '@assay/protocol';
import { candidateCount, type Distribution } from '../inference/sampling.ts';
import type { Draw } from './choice.ts';

export const noSurprise: Surprise = { surpriseMilli: 0, expectedMilli: 0, varianceMilli: 0 };

/** No token counts for more above the average, nats: a bound that the limit of the sum needs (verification §3.5). */
const mostExcess = 6;
/**
 * Surprise is read at this temperature at least: at a lower one a hair between two logits, which engines differ by,
 * would make an honest token look impossible.
 */
const leastTemperature = 0.5;

/**
 * The surprise −ln p of a token, and mean and variance of it over all that its sampler may draw (verification §3.2).
 * All are zero where a seed repeats the draw, which says more; where the draw is certain; of a token that the cuts
 * leave out (whether it is a choice is asked elsewhere); and where nobody knows what exactly the cuts leave.
 */
export function surpriseOf(distribution: Distribution, draw: Draw, id: number): Surprise {
  const { sampling, sampler } = draw;
  if (sampler === 'seeded' || sampling.temperatureMicro === 0) return noSurprise;
  if (sampler === 'temperatureFirst' && isCut(sampling)) return noSurprise;
  const drawn = drawnFrom(distribution, sampling);
  const chosen = drawn.find((token) => token.id === id);
  if (chosen === undefined) return noSurprise;
  const expected = drawn.reduce((sum, { probability, surprise }) => sum + probability * surprise, 0);
  const variance = drawn.reduce((sum, { probability, surprise }) => {
    return sum + probability * (surprise - expected) ** 2;
  }, 0);
  return {
    surpriseMilli: Math.round(Math.min(chosen.surprise, expected + mostExcess) * 1000),
    expectedMilli: Math.round(expected * 1000),
    varianceMilli: Math.ceil(variance * 1000),
  };
}

/** vLLM and SGLang take these cuts in orders of their own. */
const isCut = ({ topPMicro, minPMicro }: Sampling) => topPMicro < 1_000_000 || minPMicro > 0;

/** Of some tokens together. */
export function sumOfSurprise(tokens: readonly Surprise[]): Surprise {
  const sum = (part: keyof Surprise) => tokens.reduce((total, token) => total + token[part], 0);
  return {
    surpriseMilli: sum('surpriseMilli'),
    expectedMilli: sum('expectedMilli'),
    varianceMilli: sum('varianceMilli'),
  };
}

/** What the cuts leave of the candidates: how likely each is drawn, and how surprising it is. */
function drawnFrom({ candidates }: Distribution, { topK, topPMicro, minPMicro, temperatureMicro }: Sampling) {
  const first = candidates[0]?.logit ?? 0;
  const byRank = candidates.slice(0, topK === 0 ? candidateCount : topK);
  const raw = byRank.map(({ logit }) => Math.exp(logit - first));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  let [count, mass] = [0, 0];
  for (const weight of raw) {
    if (count > 0 && (mass * 1e6 >= topPMicro * total || weight * 1e6 < minPMicro)) break;
    count++;
    mass += weight;
  }
  const kept = byRank.slice(0, count);
  const temperature = temperatureMicro / 1e6;
  const readAt = Math.max(leastTemperature, temperature);
  const weightsAt = (at: number) => kept.map(({ logit }) => Math.exp((logit - first) / at));
  const weights = weightsAt(temperature);
  const [sum, readSum] = [weights, weightsAt(readAt)].map((all) => all.reduce((one, weight) => one + weight, 0));
  return kept.map(({ id, logit }, i) => ({
    id,
    probability: (weights[i] ?? 0) / (sum ?? 1),
    surprise: Math.max(0, (first - logit) / readAt + Math.log(readSum ?? 1)),
  }));
}
