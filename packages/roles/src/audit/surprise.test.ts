import type { Sampling } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Distribution } from '../inference/sampling.ts';
import { noSurprise, surpriseOf } from './surprise.ts';

const plain: Sampling = { temperatureMicro: 1_000_000, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 1 };
const draw = (sampling: Sampling) => ({ sampling, sampler: 'cutsFirst' as const, step: 0 });

function distribution(probabilities: readonly number[]): Distribution {
  const candidates = probabilities.map((probability, id) => ({ id, logit: Math.log(probability) }));
  return { candidates, totalWeight: 1 / (probabilities[0] ?? 1) };
}

describe('surprise and what is to be expected of it (verification §3.2)', () => {
  it('is −ln p of the token, and mean and variance of that over all that may be drawn', () => {
    const coin = distribution([0.75, 0.25]);
    const entropy = -0.75 * Math.log(0.75) - 0.25 * Math.log(0.25);
    const variance = 0.75 * 0.25 * Math.log(3) ** 2;
    for (const [id, probability] of [0.75, 0.25].entries()) {
      expect(surpriseOf(coin, draw(plain), id)).toEqual({
        surpriseMilli: Math.round(-1000 * Math.log(probability)),
        entropyMilli: Math.round(1000 * entropy),
        varianceMilli: Math.ceil(1000 * variance),
      });
    }
  });

  it('on average is the entropy, for tokens that are drawn from the distribution', () => {
    const weights = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 1, maxLength: 64 });
    const samplings = fc.record({
      temperatureMicro: fc.integer({ min: 1_000_000, max: 2_000_000 }),
      topPMicro: fc.integer({ min: 1, max: 1_000_000 }),
      topK: fc.nat(64),
      minPMicro: fc.nat(1_000_000),
      seed: fc.constant(1),
    });
    fc.assert(
      fc.property(weights, samplings, fc.constantFrom('cutsFirst', 'temperatureFirst'), (some, sampling, sampler) => {
        const sum = some.reduce((total, weight) => total + weight, 0);
        const reference = distribution(some.map((weight) => weight / sum).sort((a, b) => b - a));
        const each = reference.candidates.map(({ id }) => surpriseOf(reference, { sampling, sampler, step: 0 }, id));
        const mean = each.reduce((total, { surpriseMilli: milli }) => {
          return total + (milli === 0 ? 0 : Math.exp(-milli / 1000) * milli);
        }, 0);
        const [{ entropyMilli } = noSurprise] = each;
        expect(Math.abs(mean - entropyMilli)).toBeLessThan(3);
      }),
    );
  });

  it('counts at most six nats above the average', () => {
    const { surpriseMilli, entropyMilli } = surpriseOf(distribution([0.999999, 0.000001]), draw(plain), 1);
    expect(surpriseMilli - entropyMilli).toBe(6000);
  });

  it('is nothing where the draw is certain, or the token is not among what may be drawn', () => {
    const coin = distribution([0.75, 0.25]);
    expect(surpriseOf(coin, draw({ ...plain, temperatureMicro: 0 }), 0)).toEqual(noSurprise);
    expect(surpriseOf(coin, draw({ ...plain, topK: 1 }), 1)).toEqual(noSurprise);
    expect(surpriseOf(coin, draw({ ...plain, topK: 1 }), 0)).toEqual(noSurprise);
    expect(surpriseOf(coin, draw(plain), 7)).toEqual(noSurprise);
  });
});
