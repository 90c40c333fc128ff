import type { Sampling } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { chooseToken, type Distribution, negLogprobMicro, uniform } from './sampling.ts';

/** Tokens 0, 1, 2, … with these probabilities; what is missing to 1 lies on tokens not listed. */
function distribution(...probabilities: number[]): Distribution {
  const [first = 1] = probabilities;
  return { candidates: probabilities.map((p, id) => ({ id, logit: Math.log(p / first) })), totalWeight: 1 / first };
}

const plain: Sampling = { temperatureMicro: 1_000_000, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 1 };

/** How often each token is chosen in 20,000 steps. */
function frequencies(from: Distribution, sampling: Sampling): number[] {
  const counts = from.candidates.map(() => 0);
  for (let step = 0; step < 20_000; step++) {
    const { id } = chooseToken(from, sampling, step);
    counts[id] = (counts[id] ?? 0) + 1;
  }
  return counts.map((count) => count / 20_000);
}

describe('chooseToken', () => {
  const four = distribution(0.5, 0.25, 0.125, 0.125);

  it('takes the most likely at temperature 0, the lower id of two equals', () => {
    expect(chooseToken(distribution(0.4, 0.4, 0.2), { ...plain, temperatureMicro: 0 }, 5).id).toBe(0);
  });

  it('draws each token as often as it is likely', () => {
    const seen = frequencies(four, plain);
    expect(seen[0]).toBeCloseTo(0.5, 1);
    expect(seen[1]).toBeCloseTo(0.25, 1);
    expect(seen[2]).toBeCloseTo(0.125, 1);
  });

  it('sharpens with a low temperature', () => {
    // Probabilities go with the second power: 4 : 1 : 1/4 : 1/4.
    const seen = frequencies(four, { ...plain, temperatureMicro: 500_000 });
    expect(seen[0]).toBeCloseTo(4 / 5.5, 1);
  });

  it.each([
    ['top-k', { topK: 2 }, 2],
    ['top-p', { topPMicro: 700_000 }, 2],
    ['top-p that the first token fills', { topPMicro: 500_000 }, 1],
    ['top-p of nothing', { topPMicro: 0 }, 1],
    ['min-p', { minPMicro: 400_000 }, 2],
  ])('cuts by %s', (_, cut, kept) => {
    expect(frequencies(four, { ...plain, ...cut }).filter((f) => f > 0)).toHaveLength(kept);
  });

  it('depends on the seed and the step only', () => {
    const draw = (seed: number) =>
      Array.from({ length: 32 }, (_, i) => chooseToken(four, { ...plain, seed }, i).id).join('');
    expect(draw(1)).toBe(draw(1));
    expect(draw(1)).not.toBe(draw(2));
  });
});

describe('uniform', () => {
  it('is the first 48 bits of SHA-256(seed ‖ step)', () => {
    // SHA-256 of eight zero bytes is af5570f5a1810b7a…
    expect(uniform(0, 0)).toBe(0xaf5570f5a181 / 2 ** 48);
  });
});

describe('negLogprobMicro', () => {
  it('is −ln of the raw probability', () => {
    const d = distribution(0.5, 0.25);
    expect(d.candidates.map((c) => negLogprobMicro(d, c.logit))).toEqual([693_147, 1_386_294]);
  });

  it('is capped', () => {
    expect(negLogprobMicro(distribution(1), Number.NEGATIVE_INFINITY)).toBe(2 ** 32 - 1);
  });
});
