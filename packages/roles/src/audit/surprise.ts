import type { Surprise } from '@assay/protocol';
import { candidateCount, type Distribution } from '../inference/sampling.ts';
import type { Draw } from './choice.ts';

export const noSurprise: Surprise = { surpriseMilli: 0, entropyMilli: 0, varianceMilli: 0 };

/** No token counts for more above the average, nats: a bound that the limit of the sum needs (verification §3.2). */
const mostExcess = 6;

/**
 * The surprise −ln p of a token under what its sampler draws from, and the mean and variance of the surprise of a token
 * drawn there (verification §3.2). Where the draw is certain, and of a token that the cuts leave out, all are zero:
 * whether it is a choice is asked elsewhere.
 */
export function surpriseOf(distribution: Distribution, draw: Draw, id: number): Surprise {
  if (draw.sampling.temperatureMicro === 0) return noSurprise;
  const drawn = drawnFrom(distribution, draw);
  const chosen = drawn.find((token) => token.id === id);
  if (chosen === undefined) return noSurprise;
  const entropy = drawn.reduce((sum, { probability }) => sum + probability * Math.log(1 / probability), 0);
  const variance = drawn.reduce((sum, { probability }) => {
    return sum + probability * (Math.log(1 / probability) - entropy) ** 2;
  }, 0);
  const surprise = Math.min(Math.log(1 / chosen.probability), entropy + mostExcess);
  return {
    surpriseMilli: Math.round(surprise * 1000),
    entropyMilli: Math.round(entropy * 1000),
    varianceMilli: Math.ceil(variance * 1000),
  };
}

/** Of some tokens together. */
export function sumOfSurprise(tokens: readonly Surprise[]): Surprise {
  const sum = (part: keyof Surprise) => tokens.reduce((total, token) => total + token[part], 0);
  return {
    surpriseMilli: sum('surpriseMilli'),
    entropyMilli: sum('entropyMilli'),
    varianceMilli: sum('varianceMilli'),
  };
}

/** What is left of the candidates after the cuts, with their probabilities; none of probability zero. */
function drawnFrom({ candidates, totalWeight }: Distribution, { sampling, sampler }: Draw) {
  const { topK, topPMicro, minPMicro, temperatureMicro } = sampling;
  const first = candidates[0]?.logit ?? 0;
  const byRank = candidates.slice(0, topK === 0 ? candidateCount : topK);
  const tempered = byRank.map(({ logit }) => Math.exp(((logit - first) * 1e6) / temperatureMicro));
  const raw = byRank.map(({ logit }) => Math.exp(logit - first));
  const cutBy = sampler === 'temperatureFirst' ? tempered : raw;
  const total = sampler === 'seeded' ? totalWeight : cutBy.reduce((sum, weight) => sum + weight, 0);
  let [kept, mass] = [0, 0];
  for (const weight of cutBy) {
    if (kept > 0 && (mass * 1e6 >= topPMicro * total || weight * 1e6 < minPMicro)) break;
    kept++;
    mass += weight;
  }
  const keptMass = tempered.slice(0, kept).reduce((sum, weight) => sum + weight, 0);
  return byRank
    .slice(0, kept)
    .map(({ id }, i) => ({ id, probability: (tempered[i] ?? 0) / keptMass }))
    .filter(({ probability }) => probability > 0);
}
