import { opinionOf, type Pooled, pooledAfter } from '@assay/ledger';
import { noNumbers, type Sampling } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Distribution } from '../inference/sampling.ts';
import { SimulatedRuntime } from '../simulated/runtime.ts';
import type { Draw } from './choice.ts';
import { noSurprise, sumOfSurprise, surpriseOf } from './surprise.ts';

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
        expectedMilli: Math.round(1000 * entropy),
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
        const [{ expectedMilli } = noSurprise] = each;
        expect(Math.abs(mean - expectedMilli)).toBeLessThan(3);
      }),
    );
  });

  it('counts at most six nats above the average', () => {
    const { surpriseMilli, expectedMilli } = surpriseOf(distribution([0.999999, 0.000001]), draw(plain), 1);
    expect(surpriseMilli - expectedMilli).toBe(6000);
  });

  it('is nothing where the draw is certain or repeated, or the token is not among what may be drawn', () => {
    const coin = distribution([0.75, 0.25]);
    expect(surpriseOf(coin, { ...draw(plain), sampler: 'seeded' }, 0)).toEqual(noSurprise);
    expect(surpriseOf(coin, draw({ ...plain, temperatureMicro: 0 }), 0)).toEqual(noSurprise);
    expect(surpriseOf(coin, draw({ ...plain, topK: 1 }), 1)).toEqual(noSurprise);
    expect(surpriseOf(coin, draw({ ...plain, topK: 1 }), 0)).toEqual(noSurprise);
    expect(surpriseOf(coin, draw(plain), 7)).toEqual(noSurprise);
  });

  it('is a sound number at every temperature, and of all that may be drawn', () => {
    const logits = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 1, maxLength: 64 });
    const temperatures = fc.oneof(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 2_000_000 }));
    fc.assert(
      fc.property(logits, temperatures, fc.constantFrom('cutsFirst', 'temperatureFirst'), (some, micro, sampler) => {
        const candidates = some.map((logit, id) => ({ id, logit })).sort((a, b) => b.logit - a.logit);
        const at = { candidates, totalWeight: 100 };
        for (const { id } of candidates) {
          const found = surpriseOf(at, { sampling: { ...plain, temperatureMicro: micro }, sampler, step: 0 }, id);
          expect(Object.values(found).every((milli) => milli >= 0 && milli <= 11_000)).toBe(true);
        }
      }),
    );
  });

  it('is nothing where servers cut in an order of their own', () => {
    const coin = distribution([0.75, 0.25]);
    const cut = { sampling: { ...plain, topPMicro: 900_000 }, sampler: 'temperatureFirst' as const, step: 0 };
    expect(surpriseOf(coin, cut, 0)).toEqual(noSurprise);
  });

  // The second of two tokens is drawn by a server whose logits are off: what differs by a hair is a wide gap when cold.
  it.each([
    [0.01, 0.1],
    [0.05, 0.1],
    [0.1, 0.15],
    [0.3, 0.15],
    [0.6, 0.15],
    [1, 0.15],
  ])('fails no honest server at temperature %f whose logits are off by %f', (temperature, sigma) => {
    const random = new SimulatedRuntime({ seed: 11, log: () => {} }).random('noise');
    const uniform = () => (random.int(1_000_000) + 0.5) / 1_000_000;
    const gauss = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    const cold: Draw = {
      sampling: { ...plain, temperatureMicro: temperature * 1e6 },
      sampler: 'cutsFirst',
      step: 0,
    };
    let pool: Pooled = { mismatchesMilli: 0, surprise: noSurprise };
    let failed = 0;
    for (let audit = 0; audit < 60; audit++) {
      const found = Array.from({ length: 64 }, () => {
        const gap = -3 * Math.log(uniform());
        const logits = [0, -gap, ...Array.from({ length: 30 }, (_, i) => -gap - 0.7 - 1.2 * Math.log(i + 1))];
        const candidates = logits.map((logit, id) => ({ id, logit }));
        const noisy = logits.map((logit) => logit + sigma * gauss());
        const best = Math.max(...noisy);
        const weights = noisy.map((logit) => Math.exp((logit - best) / temperature));
        let left = uniform() * weights.reduce((sum, weight) => sum + weight, 0);
        const id = weights.findIndex((weight) => {
          left -= weight;
          return left < 0;
        });
        const totalWeight = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
        return surpriseOf({ candidates, totalWeight }, cold, id);
      });
      const numbers = { ...noNumbers, finding: 'checked' as const, positions: 64, surprise: sumOfSurprise(found) };
      if (opinionOf(numbers, { t1ThresholdPpb: 0, ...pool }) !== 'pass') failed++;
      pool = pooledAfter(pool, [numbers, numbers]);
    }
    expect(failed).toBe(0);
  });
});
