import { describe, expect, it } from 'vitest';
import { proposerOf } from './proposer.ts';

const before = (...powersPpb: number[]) => {
  const rows = powersPpb.map((powerPpb) => ({ powerPpb, epochWork: 0n, recentWork: [], noResultsLeft: 0 }));
  const keys = powersPpb.map((_, index) => ({ consensusKey: new Uint8Array(32).fill(index) }));
  const table = <Row>(of: Row[]) => Object.assign(of, { at: (index: number) => of[index] });
  return { powers: table(rows), validators: table(keys) } as unknown as Parameters<typeof proposerOf>[0];
};
const sealers = (...validators: number[]) => validators.map((validator) => ({ validator }));

describe('who proposes (economics §8.5)', () => {
  it.each([
    [[270_000_000, 230_000_000, 500_000_000]],
    [[1_000_000, 332_000_000, 667_000_000]],
    [[200_000_000, 200_000_000, 200_000_000, 200_000_000, 199_000_000, 1_000_000]],
  ])('goes by the powers %o, over any thousand blocks and from any height', (powers) => {
    const all = sealers(...powers.keys());
    for (const [from, blocks] of [
      [1, 10_000],
      [2 ** 47, 10_000],
      [777, 1000],
      [5_000_001, 1000],
    ] as const) {
      const turns = powers.map(() => 0);
      for (let height = from; height < from + blocks; height++) {
        const proposer = proposerOf(before(...powers), all, height);
        turns[proposer] = (turns[proposer] ?? 0) + 1;
      }
      for (const [validator, power] of powers.entries()) {
        expect(Math.abs((turns[validator] ?? 0) - (power * blocks) / 1e9)).toBeLessThan(6);
      }
    }
  });

  it('is smooth: no validator waits much longer than its share says, or comes in a row', () => {
    const powers = [270_000_000, 230_000_000, 500_000_000];
    const last = powers.map(() => 0);
    const gaps = powers.map(() => new Set<number>());
    for (let height = 1; height <= 10_000; height++) {
      const proposer = proposerOf(before(...powers), sealers(0, 1, 2), height);
      if (last[proposer] !== 0) gaps[proposer]?.add(height - (last[proposer] ?? 0));
      last[proposer] = height;
    }
    // The three-gap theorem: the multiples of one number come back to an interval after at most three waits.
    expect(gaps.map((each) => [...each].toSorted((a, b) => a - b))).toEqual([
      [2, 3, 5],
      [3, 5, 8],
      [1, 2, 3],
    ]);
  });

  it('passes over who does not seal, and without any power takes the first that does', () => {
    const powers = [270_000_000, 0, 230_000_000, 500_000_000];
    const seen = new Set<number>();
    for (let height = 1; height <= 100; height++) seen.add(proposerOf(before(...powers), sealers(0, 1, 2), height));
    expect([...seen].toSorted()).toEqual([0, 2]);
    expect(proposerOf(before(...powers), sealers(1), 7)).toBe(1);
  });
});
