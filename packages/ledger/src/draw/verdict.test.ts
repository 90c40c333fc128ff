import { noNumbers, type Surprise } from '@assay/protocol';
import { firstUint64, littleEndian, sha256 } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { checked, unchecked } from '../testing/world.fixture.ts';
import { POOL_LIMIT_MILLI, pooledAfter, pooledMismatches, pooledSurprise, surpriseDistance } from './pool.ts';
import { type Decision, decide, type Opinion, opinionOf, type Panel } from './verdict.ts';

const wants = (wantedAuditors: number): Decision => ({ verdict: null, wantedAuditors });
const is = (verdict: Exclude<Decision['verdict'], null>): Decision => ({ verdict });

const basis = { t1ThresholdPpb: 35_000_000, mismatchesMilli: 0, surprise: noNumbers.surprise };

describe('opinion', () => {
  it.each<[number, Opinion]>([
    [0, 'pass'],
    [35_000_000, 'pass'],
    [35_000_001, 'soft'],
    [105_000_000, 'soft'],
    [105_000_001, 'hard'],
    [1_000_000_000, 'hard'],
  ])('of a distance of %i against a limit of 35,000,000 is %s', (t1Ppb, opinion) => {
    expect(opinionOf(checked(t1Ppb), basis)).toBe(opinion);
  });

  it('is never a pass when nothing was checked', () => {
    expect(opinionOf(unchecked('malformed'), basis)).toBe('hard');
    expect(opinionOf(unchecked('noArtifact'), basis)).toBe('missing');
    expect(opinionOf(unchecked('noResult'), basis)).toBe('noResult');
    expect(opinionOf(unchecked('otherEngine'), basis)).toBe('noResult');
  });
});

describe('mismatches §10.12', () => {
  const found = (positions: number, choiceMismatches: number) => ({ ...checked(0), positions, choiceMismatches });

  it.each<[number, number, Opinion]>([
    [64, 0, 'pass'],
    [64, 4, 'pass'],
    [64, 9, 'soft'],
    [64, 21, 'soft'],
    [64, 22, 'hard'],
    [8, 1, 'pass'],
    [8, 2, 'soft'],
    [8, 3, 'hard'],
    [7, 1, 'soft'],
    [1, 1, 'soft'],
    [2, 2, 'hard'],
  ])('of %i positions %i is %s, whichever of the two they are', (positions, count, opinion) => {
    expect(opinionOf(found(positions, count), basis)).toBe(opinion);
    const byArgmax = { ...found(positions, 0), argmaxMismatches: count };
    expect(opinionOf(byArgmax, basis)).toBe(opinion);
  });

  it('pooled above the limit are soft, and only with one in this very answer (verification §4.7)', () => {
    const full = { ...basis, mismatchesMilli: 200_000 };
    expect(opinionOf(found(64, 0), full)).toBe('pass');
    expect(opinionOf(found(64, 1), full)).toBe('soft');
    expect(opinionOf(found(64, 4), basis)).toBe('pass');
    expect(opinionOf(found(64, 4), { ...basis, mismatchesMilli: 2 })).toBe('soft');
  });

  it('are forgotten with 256 positions, and never below zero or above what a row holds', () => {
    expect(pooledMismatches(256_000, found(64, 0))).toBe(192_000);
    expect(pooledMismatches(256_000, found(256, 0))).toBe(0);
    expect(pooledMismatches(256_000, found(60_000, 0))).toBe(0);
    let pool = 0;
    for (let i = 0; i < 1000; i++) pool = pooledMismatches(pool, found(64, 64));
    expect(pool).toBeLessThanOrEqual(256_000);
  });

  /** The share of 2,000 audits that fail when each of 64 positions differs so often. */
  function failingShare(ratePpm: number): number {
    let pool = 0;
    let failed = 0;
    for (let audit = 0; audit < 2000; audit++) {
      let count = 0;
      for (let index = 0; index < 64; index++) {
        const lot = firstUint64(sha256(littleEndian(audit, 4), littleEndian(index, 4)));
        if (lot % 1_000_000n < BigInt(ratePpm)) count++;
      }
      if (opinionOf(found(64, count), { ...basis, mismatchesMilli: pool }) !== 'pass') failed++;
      pool = pooledMismatches(pool, found(64, count));
    }
    return failed / 2000;
  }

  it('catch who garbles a small part of every answer, and leave an honest engine alone', () => {
    expect(POOL_LIMIT_MILLI).toBe(4000);
    expect(failingShare(50_000)).toBeGreaterThan(0.9);
    expect(failingShare(25_000)).toBeGreaterThan(0.5);
    expect(failingShare(15_000)).toBeGreaterThan(0.1);
    expect(failingShare(1000)).toBe(0);
    expect(failingShare(0)).toBe(0);
  });
});

describe('surprise (verification §3.5)', () => {
  const none: Surprise = noNumbers.surprise;
  const found = (surprise: Surprise) => ({ ...checked(0), positions: 64, surprise });
  const tokens = (count: number, excessMilli: number, varianceMilli = 700): Surprise => ({
    surpriseMilli: count * (1500 + excessMilli),
    expectedMilli: count * 1500,
    varianceMilli: count * varianceMilli,
  });

  it('is soft from so much on that the model’s own tokens are not once in a million', () => {
    const opinions = (excess: number) => opinionOf(found(tokens(64, 0)), { ...basis, surprise: tokens(960, excess) });
    expect(opinions(200)).toBe('pass');
    const one = { surpriseMilli: 1501, expectedMilli: 1500, varianceMilli: 700 };
    const less = { ...one, surpriseMilli: 1499 };
    expect(opinionOf(found(one), { ...basis, surprise: tokens(1000, 200) })).toBe('soft');
    expect(opinionOf(found(less), { ...basis, surprise: tokens(1000, -200) })).toBe('soft');
    // What earlier auditors say alone convicts nobody.
    expect(opinionOf(found(less), { ...basis, surprise: tokens(1000, 200) })).toBe('pass');
    expect(opinionOf(found(none), { ...basis, surprise: tokens(1000, 200) })).toBe('pass');
    expect(opinionOf(found(one), { ...basis, surprise: tokens(1000, 100) })).toBe('pass');
  });

  it('may be as far off as the bound says, to the thousandth of a nat', () => {
    const isWithin = (excess: bigint, variance: number) =>
      excess * excess <= 27_700n * BigInt(variance) + 55_400n * excess;
    for (const variance of [0, 1, 700, 44_800, 4_000_000, 0xffff_ffff]) {
      const { allowed } = surpriseDistance({ ...none, varianceMilli: variance }, { ...found(none), positions: 0 });
      expect([isWithin(BigInt(allowed), variance), isWithin(BigInt(allowed + 1), variance)]).toEqual([true, false]);
    }
  });

  it('of one token proves nothing, however rare it is', () => {
    const rare = { surpriseMilli: 6000, expectedMilli: 0, varianceMilli: 1 };
    expect(opinionOf(found(rare), { ...basis, surprise: none })).toBe('pass');
  });

  it('of a single auditor is not pooled, since it may be invented', () => {
    const invented = found({ surpriseMilli: 55_200, expectedMilli: 0, varianceMilli: 0 });
    expect(opinionOf(invented, { ...basis, surprise: none })).toBe('pass');
    const before = { mismatchesMilli: 0, surprise: none };
    expect(pooledAfter(before, [invented])).toEqual(before);
    expect(pooledAfter(before, [invented, found(tokens(64, 0))]).surprise).toEqual(tokens(64, 0));
  });

  it('is forgotten with 1,024 positions', () => {
    expect(pooledSurprise(tokens(1024, 0), { ...found(none), positions: 512 })).toEqual(tokens(512, 0));
    expect(pooledSurprise(tokens(1024, 0), { ...found(tokens(1, 0)), positions: 60_000 })).toEqual(tokens(1, 0));
  });

  it('fails no honest miner, and finds who draws from something else', () => {
    // A token of probability 0.7 or one of 0.3, drawn with the chance `share` of the first.
    const failing = (share: number) => {
      let pool = none;
      let failed = 0;
      for (let audit = 0; audit < 2000; audit++) {
        let surprise = 0;
        for (let index = 0; index < 64; index++) {
          const lot = firstUint64(sha256(littleEndian(audit, 4), littleEndian(index, 4)));
          surprise += -1000 * Math.log(Number(lot % 1_000_000n) < 1e6 * share ? 0.7 : 0.3);
        }
        const entropy = -64_000 * (0.7 * Math.log(0.7) + 0.3 * Math.log(0.3));
        const variance = 64_000 * 0.21 * Math.log(7 / 3) ** 2;
        const numbers = found({
          surpriseMilli: Math.round(surprise),
          expectedMilli: Math.round(entropy),
          varianceMilli: Math.ceil(variance),
        });
        if (opinionOf(numbers, { ...basis, surprise: pool }) !== 'pass') failed++;
        pool = pooledSurprise(pool, numbers);
      }
      return failed / 2000;
    };
    expect(failing(0.7)).toBe(0);
    expect(failing(0.4)).toBeGreaterThan(0.9);
    expect(failing(1)).toBeGreaterThan(0.9);
  });
});

/** So many passes and failures, a failure for each letter: p pass, s soft, h hard, m missing, n no result. */
const read = (letters: string): Opinion[] => {
  const names: Readonly<Record<string, Opinion>> = { p: 'pass', s: 'soft', h: 'hard', m: 'missing', n: 'noResult' };
  return [...letters].map((letter) => names[letter] ?? 'noResult');
};
const panel = (opinions: Opinion[], change: Partial<Panel> = {}): Panel => ({
  firstAuditors: 1,
  drawn: opinions.length,
  atWork: 0,
  isExhausted: false,
  ...change,
});

describe('decision §10.4', () => {
  it.each<[string, number, Decision]>([
    // One auditor was drawn first.
    ['', 1, wants(1)],
    ['n', 1, wants(1)],
    ['m', 1, wants(1)],
    ['mmm', 1, wants(1)],
    ['mmp', 1, is('pass')],
    ['p', 1, is('pass')],
    ['np', 1, is('pass')],
    ['mp', 1, is('pass')],
    // Two were.
    ['', 2, wants(2)],
    ['p', 2, wants(1)],
    ['np', 2, wants(1)],
    ['pp', 2, is('pass')],
    // An accusation, whoever was drawn first.
    ...[1, 2].flatMap((first): [string, number, Decision][] => [
      ['h', first, wants(2)],
      ['sn', first, wants(2)],
      ['sm', first, wants(2)],
      ['hh', first, wants(1)],
      ['smm', first, wants(2)],
      ['hp', first, wants(2)],
      ['hhp', first, wants(2)],
      ['hpp', first, wants(1)],
      ['sss', first, is('soft')],
      ['hss', first, is('soft')],
      ['shh', first, is('hard')],
      ['hppp', first, is('pass')],
      ['hhpp', first, wants(2)],
      ['hhhp', first, wants(1)],
      ['hhhpp', first, wants(2)],
      ['hhppp', first, wants(1)],
      ['hhhhp', first, is('hard')],
      ['ssshp', first, is('soft')],
      ['hhpppp', first, is('pass')],
    ]),
  ])('of "%s" when %i were drawn first', (letters, firstAuditors, decision) => {
    const opinions = read(letters);
    expect(decide(opinions, panel(opinions, { firstAuditors }))).toEqual(decision);
  });

  it.each<[string, Decision]>([
    ['', is('noResult')],
    ['nn', is('noResult')],
    ['m', is('noResult')],
    ['h', is('hung')],
    ['p', is('pass')],
    ['hs', is('soft')],
    ['mm', is('noResult')],
    ['hm', is('hung')],
    ['hp', is('hung')],
    ['hhp', is('hung')],
    ['hpp', is('pass')],
    ['hhhp', is('hard')],
    ['hhpp', is('hung')],
    ['hhppp', is('pass')],
    ['hhhpp', is('hung')],
  ])('of "%s" when the network has nobody else to ask', (letters, decision) => {
    const opinions = read(letters);
    expect(decide(opinions, panel(opinions, { isExhausted: true, firstAuditors: 2 }))).toEqual(decision);
  });

  it.each<[string, Decision]>([
    ['hhhhpp', is('hung')],
    ['hhhppp', is('hung')],
    ['nhhhhp', is('hard')],
    ['nnnhhp', is('hung')],
    ['nnhppp', is('pass')],
    ['nnnnnh', is('hung')],
    ['nnnnnn', is('noResult')],
  ])('of "%s" when all six slots are taken', (letters, decision) => {
    const opinions = read(letters);
    expect(decide(opinions, panel(opinions, { isExhausted: true }))).toEqual(decision);
  });

  it.each<[string, number, number, Decision]>([
    ['', 1, 1, wants(0)],
    ['', 2, 1, wants(1)],
    ['p', 2, 1, wants(0)],
    ['h', 1, 1, wants(1)],
    ['h', 1, 2, wants(0)],
    ['hp', 1, 2, wants(0)],
  ])('of "%s" with %i drawn first and %i at work', (letters, firstAuditors, atWork, decision) => {
    const opinions = read(letters);
    const drawn = opinions.length + atWork;
    expect(decide(opinions, panel(opinions, { firstAuditors, atWork, drawn }))).toEqual(decision);
    const last = { firstAuditors, atWork, drawn, isExhausted: true };
    expect(decide(opinions, panel(opinions, last))).toEqual(wants(0));
  });

  it.each([false, true])('never acquits by one pass against two, whatever the order (exhausted: %s)', (isExhausted) => {
    for (const opinions of allOpinions()) {
      const decision = decide(opinions, panel(opinions, { isExhausted }));
      expect(decide(opinions.toReversed(), panel(opinions, { isExhausted }))).toEqual(decision);
      const passes = opinions.filter((opinion) => opinion === 'pass').length;
      const failures = opinions.length - passes;
      if (decision.verdict === 'pass') expect(passes).toBeGreaterThan(failures);
      if (decision.verdict === 'hard') expect(failures).toBeGreaterThanOrEqual(passes + 2);
    }
  });
});

/** Every sequence of up to six passes and hard failures. */
function allOpinions(): Opinion[][] {
  const lengths = [1, 2, 3, 4, 5, 6];
  return lengths.flatMap((length) =>
    Array.from({ length: 2 ** length }, (_, bits) =>
      Array.from({ length }, (_each, i): Opinion => ((bits >> i) & 1 ? 'pass' : 'hard')),
    ),
  );
}
