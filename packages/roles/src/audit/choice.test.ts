import { Sampler, type Sampling } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, candidateCount, chooseToken, type Distribution } from '../inference/sampling.ts';
import { choiceMarginMicro, isChoice as isWithin, noMargin } from './choice.ts';

const plain: Sampling = { temperatureMicro: 1_000_000, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 1 };
const margin = 0.05;
const isChoice = (at: Distribution, sampling: Sampling, step: number, id: number) =>
  isWithin(at, { sampling, sampler: 'seeded', step }, tokenOf(at, id), margin);
const tokenOf = ({ candidates }: Distribution, id: number) =>
  candidates.find((candidate) => candidate.id === id) ?? { id, logit: -1e9 };
const greedy = { ...plain, temperatureMicro: 0 };

/** What may be chosen where the tokens 0, 1, 2, … have these logits, and many others so much together. */
function distribution(logits: readonly number[], others: number): Distribution {
  const candidates: Candidate[] = logits
    .map((logit, id) => ({ id, logit }))
    .sort((a, b) => b.logit - a.logit || a.id - b.id)
    .slice(0, candidateCount);
  const best = candidates[0]?.logit ?? 0;
  return { candidates, totalWeight: logits.reduce((sum, logit) => sum + Math.exp(logit - best), 0) + others };
}

const logits = fc.array(fc.double({ min: -12, max: 12, noNaN: true }), { minLength: 2, maxLength: candidateCount });
const samplings = fc.record({
  temperatureMicro: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2_000_000 })),
  topPMicro: fc.oneof(fc.constant(1_000_000), fc.integer({ min: 0, max: 1_000_000 })),
  topK: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 64 })),
  minPMicro: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_000_000 })),
  seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});

describe('a repeated choice (verification §2.6)', () => {
  it('is that of the same engine, to the letter or with every difference of logits off by the margin', () => {
    fc.assert(
      fc.property(
        logits,
        fc.double({ min: 0, max: 5, noNaN: true }),
        samplings,
        fc.nat(1000),
        fc.infiniteStream(fc.double({ min: -1, max: 1, noNaN: true })),
        (exact, others, sampling, step, noise) => {
          const reference = distribution(exact, others);
          expect(isChoice(reference, sampling, step, chooseToken(reference, sampling, step).id)).toBe(true);
          const rounded = exact.map((logit) => logit + (margin / 2) * (noise.next().value ?? 0));
          const { id } = chooseToken(distribution(rounded, others), sampling, step);
          expect(isChoice(reference, sampling, step, id)).toBe(true);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('at temperature 0 is the likeliest token or one as good as it', () => {
    const { candidates, totalWeight } = distribution([2, 2 - 0.9 * margin, 2 - 1.1 * margin], 1);
    const fits = candidates.map(({ id }) => isChoice({ candidates, totalWeight }, greedy, 0, id));
    expect(fits).toEqual([true, true, false]);
  });

  it('leaves little room: of five tokens one fits, sometimes two', () => {
    const reference = distribution([0, -0.7, -1.4, -2.1, -2.8], 0.1);
    let fitting = 0;
    for (let step = 0; step < 2000; step++) {
      fitting += reference.candidates.filter(({ id }) => isChoice(reference, plain, step, id)).length;
    }
    expect(fitting / 2000).toBeGreaterThanOrEqual(1);
    expect(fitting / 2000).toBeLessThan(1.1);
  });

  it('is none of what the cuts leave out, and no token that is not among the likeliest', () => {
    const reference = distribution([0, -1, -2, -3], 0.5);
    const never = (change: Partial<Sampling>, id: number) =>
      Array.from({ length: 200 }, (_, step) => isChoice(reference, { ...plain, ...change }, step, id));
    expect(never({ topK: 2 }, 2)).not.toContain(true);
    expect(never({ topPMicro: 500_000 }, 2)).not.toContain(true);
    expect(never({ minPMicro: 200_000 }, 2)).not.toContain(true);
    expect(never({}, 99)).not.toContain(true);
    expect(never({ temperatureMicro: 1 }, 1)).not.toContain(true);
  });
});

describe('the least margin of a choice (verification §2.6.1)', () => {
  it('is where a token begins to be one, for every sampler', () => {
    fc.assert(
      fc.property(
        logits,
        fc.double({ min: 0, max: 5, noNaN: true }),
        samplings,
        fc.nat(1000),
        fc.constantFrom(...Sampler.words),
        (exact, others, sampling, step, sampler) => {
          const reference = distribution(exact, others);
          for (const token of reference.candidates.slice(0, 3)) {
            const marginMicro = choiceMarginMicro(reference, { sampling, sampler, step }, token);
            const fits = (nats: number) => isWithin(reference, { sampling, sampler, step }, token, nats);
            if (marginMicro === noMargin) expect(fits(2)).toBe(false);
            else {
              expect(fits(marginMicro / 1e6)).toBe(true);
              expect(marginMicro === 0 || !fits(marginMicro / 1e6 - 0.002)).toBe(true);
            }
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is what a token lacks that stands just below the likeliest', () => {
    const draw = { sampling: plain, sampler: 'cutsFirst', step: 0 } as const;
    const logits = Array.from({ length: candidateCount }, (_, i) => -0.01 * i);
    const [last = 0] = logits.slice(-1);
    const marginOf = (below: number) =>
      choiceMarginMicro(distribution(logits, 5), draw, { id: 99, logit: last - below });
    expect(Math.abs(marginOf(0.3) - 300_000)).toBeLessThan(2000);
    expect(marginOf(2.1)).toBe(noMargin);
  });
});

describe('what a server of its own chance may choose (verification §3.1)', () => {
  const fits = (sampler: Sampler, change: Partial<Sampling>) => {
    const reference = distribution([0, -1, -2, -3], 0.5);
    const draw = { sampling: { ...plain, ...change }, sampler, step: 0 };
    return reference.candidates.filter((token) => isWithin(reference, draw, token, 0)).map(({ id }) => id);
  };

  it('is all that the cuts leave, whatever the seed', () => {
    expect(fits('cutsFirst', {})).toEqual([0, 1, 2, 3]);
    expect(fits('cutsFirst', { topK: 2 })).toEqual([0, 1]);
    expect(fits('cutsFirst', { minPMicro: 200_000 })).toEqual([0, 1]);
    // Of the four, 0.64, 0.24, 0.09 and 0.03.
    expect(fits('cutsFirst', { topPMicro: 650_000 })).toEqual([0, 1]);
    expect(fits('cutsFirst', { temperatureMicro: 0 })).toEqual([0]);
  });

  it('depends on whether the temperature comes before the cuts', () => {
    const cool = { temperatureMicro: 500_000, topPMicro: 800_000 };
    expect(fits('temperatureFirst', cool)).toEqual([0]);
    expect(fits('cutsFirst', cool)).toEqual([0, 1]);
    expect(fits('temperatureFirst', { temperatureMicro: 500_000, minPMicro: 200_000 })).toEqual([0]);
  });

  it('is nothing that is drawn less than once in a hundred thousand times beside the likeliest', () => {
    const draw = { sampling: { ...plain, temperatureMicro: 20_000 }, sampler: 'cutsFirst', step: 0 } as const;
    const cold = distribution([0, -0.2, -0.3], 0.5);
    expect(cold.candidates.map((token) => isWithin(cold, draw, token, 0))).toEqual([true, true, false]);
    expect(cold.candidates.map((token) => isWithin(cold, draw, token, 0.1))).toEqual([true, true, true]);
  });

  it.each([
    ['SGLang, mass of all', 900_000, 1_000_000],
    ['SGLang, mass of all, cool', 900_000, 700_000],
    ['SGLang, mass of all, hot', 900_000, 1_500_000],
  ])(
    'is what a server keeps that takes the mass of the whole vocabulary (%s)',
    (_what, topPMicro, temperatureMicro) => {
      const temperature = temperatureMicro / 1e6;
      const all = Array.from({ length: 5000 }, (_, i) => -1.1 * Math.log(i + 1));
      const tempered = all.map((logit) => Math.exp(logit / temperature));
      const total = tempered.reduce((sum, weight) => sum + weight, 0);
      let [kept, mass] = [0, 0];
      for (const weight of tempered.slice(0, candidateCount)) {
        if (kept > 0 && mass > (topPMicro / 1e6) * total) break;
        kept++;
        mass += weight;
      }
      const draw = {
        sampling: { ...plain, topPMicro, temperatureMicro },
        sampler: 'temperatureFirst',
        step: 0,
      } as const;
      const others = all.slice(candidateCount).reduce((sum, logit) => sum + Math.exp(logit), 0);
      const reference = distribution(all.slice(0, candidateCount), others);
      const fits = reference.candidates.filter((token) => isWithin(reference, draw, token, 0)).length;
      expect(fits).toBeGreaterThanOrEqual(kept);
    },
  );
});
