import { Artifact } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { windowsOf } from '../miner/index.ts';
import { compareDistributions, probabilityPpb, reportedAt, variationPpb } from './distribution.ts';
import { drawPositions } from './positions.ts';
import { noSurprise } from './surprise.ts';

const micro = (mass: number) => Math.round(-Math.log(mass) * 1e6);

describe('T1 (verification §2.3)', () => {
  it('is zero between equals, half the differences else, with all others as one tail', () => {
    const reported = { index: 0, ids: [1, 2], probabilitiesPpb: [600_000_000, 300_000_000] };
    expect(variationPpb(reported, { probabilitiesPpb: [600_000_000, 300_000_000] })).toBe(0);
    // |0.6 − 0.55| + |0.3 − 0.31| + |0.1 − 0.14| = 0.1, half of it 0.05.
    expect(variationPpb(reported, { probabilitiesPpb: [550_000_000, 310_000_000] })).toBe(50_000_000);
  });

  it('counts no position for more than 0.15', () => {
    const reported = { index: 0, ids: [1], probabilitiesPpb: [1_000_000_000] };
    expect(variationPpb(reported, { probabilitiesPpb: [0] })).toBe(150_000_000);
  });

  it('is the mean over positions, and counts where another token leads, or is chosen, by more than the margin', () => {
    const reported = [
      { index: 3, ids: [1, 2], probabilitiesPpb: [600_000_000, 300_000_000] },
      { index: 9, ids: [7], probabilitiesPpb: [1_000_000_000] },
    ];
    const reference = [
      { probabilitiesPpb: [550_000_000, 310_000_000], leadMicro: 900, choiceMarginMicro: 1000, ...noSurprise },
      { probabilitiesPpb: [0], leadMicro: 1001, choiceMarginMicro: 1001, ...noSurprise },
    ];
    expect(compareDistributions(reported, reference, 1000)).toEqual({
      t1Ppb: 100_000_000,
      argmaxMismatches: 1,
      choiceMismatches: 1,
    });
  });

  it('reads what windows hold, across their borders', () => {
    const tokens = Array.from({ length: 40 }, (_, i) => ({
      id: i,
      text: '',
      negLogprobMicro: micro(0.5),
      top: [{ id: i, text: '', negLogprobMicro: micro(0.5) }],
    }));
    const artifact = { ...Artifact.defaultValue(), windows: windowsOf(tokens) };
    expect(artifact.windows.map((window) => window.ids.length)).toEqual([32, 8]);
    const read = reportedAt(artifact, 33);
    expect(read.ids).toEqual([33]);
    expect(Math.abs((read.probabilitiesPpb[0] ?? 0) - 500_000_000)).toBeLessThan(1000);
    expect(() => reportedAt(artifact, 40)).toThrow(RangeError);
  });

  it('turns −ln p into p', () => {
    expect(probabilityPpb(0)).toBe(1_000_000_000);
    expect(probabilityPpb(micro(0.25))).toBeGreaterThan(249_999_000);
    expect(probabilityPpb(0xffff_ffff)).toBe(0);
  });
});

describe('the positions of an audit (verification §2.2)', () => {
  it('are distinct, ascending, as many as asked or as there are, follow from the seed, and hold both ends', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 0, max: 64 }),
        (seed, tokens, count) => {
          const drawn = drawPositions(seed, { tokens, count });
          expect(drawn).toHaveLength(Math.min(tokens, count));
          expect(new Set(drawn).size).toBe(drawn.length);
          expect(
            drawn.every((position, i) => position >= 0 && position < tokens && position > (drawn[i - 1] ?? -1)),
          ).toBe(true);
          expect(drawPositions(seed, { tokens, count })).toEqual(drawn);
          if (drawn.length > 1) expect([drawn[0], drawn.at(-1)]).toEqual([0, tokens - 1]);
        },
      ),
    );
  });

  it('cover the whole of an answer over time', () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      for (const position of drawPositions(Uint8Array.of(seed), { tokens: 64, count: 12 })) seen.add(position);
    }
    expect(seen.size).toBe(64);
  });
});
