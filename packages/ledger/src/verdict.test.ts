import { findings, firstUint64, littleEndian, sha256 } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { type Decision, decide, type Opinion, opinionOf, POOL_LIMIT_MILLI, pooledMismatches } from './verdict.ts';
import { checked, unchecked } from './world.fixture.ts';

const wants = (wantedAuditors: number): Decision => ({ verdict: null, wantedAuditors });
const is = (verdict: Exclude<Decision['verdict'], null>): Decision => ({ verdict });

const basis = { t1ThresholdPpb: 35_000_000, mismatchesMilli: 0 };

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
    expect(opinionOf({ ...checked(0), finding: findings.noResult + 1 }, basis)).toBe('noResult');
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
      for (let place = 0; place < 64; place++) {
        const lot = firstUint64(sha256(littleEndian(audit, 4), littleEndian(place, 4)));
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

describe('decision §10.4', () => {
  it.each<[string, Opinion[], number, Decision]>([
    ['nobody yet', [], 0, wants(1)],
    ['one at work', [], 1, wants(0)],
    ['a pass', ['pass'], 0, is('pass')],
    ['no result', ['noResult'], 0, wants(1)],
    ['no result, then a pass', ['noResult', 'pass'], 0, is('pass')],
    ['an accusation', ['soft'], 0, wants(2)],
    ['an accusation with one fresh auditor at work', ['hard'], 1, wants(1)],
    ['an accusation with both at work', ['hard'], 2, wants(0)],
    ['an accusation, one denies it, the other is at work', ['hard', 'pass'], 1, wants(0)],
    ['an accusation that one denies', ['hard', 'pass', 'hard'], 0, is('pass')],
    ['an accusation one could not check', ['soft', 'noResult', 'soft'], 0, wants(1)],
    ['confirmed by two', ['soft', 'soft', 'soft'], 0, is('soft')],
    ['hard once is soft', ['hard', 'soft', 'soft'], 0, is('soft')],
    ['hard twice is hard', ['soft', 'hard', 'hard'], 0, is('hard')],
    ['a missing artifact attested by one', ['missing'], 0, wants(1)],
    ['missing for one, a pass for another', ['missing', 'pass'], 0, is('pass')],
    ['missing for two', ['missing', 'missing'], 0, wants(1)],
    ['missing for three', ['missing', 'missing', 'missing'], 0, is('hard')],
    ['missing for two, a pass for the third', ['missing', 'missing', 'pass'], 0, is('pass')],
    ['an accusation, and missing for one', ['soft', 'missing', 'soft'], 0, wants(1)],
    ['an accusation, and missing for both', ['soft', 'missing', 'missing'], 0, is('hard')],
  ])('%s', (_case, opinions, atWork, decision) => {
    expect(decide(opinions, atWork, false)).toEqual(decision);
  });

  it.each<[string, Opinion[], number, Decision]>([
    ['nobody could be drawn', [], 0, is('noResult')],
    ['nobody had a result', ['noResult', 'noResult'], 0, is('noResult')],
    ['one accuser alone', ['hard'], 0, is('noResult')],
    ['one fresh auditor agrees', ['hard', 'soft'], 0, is('soft')],
    ['one fresh auditor denies', ['hard', 'pass'], 0, is('pass')],
    ['missing for one alone', ['missing'], 0, is('noResult')],
    ['missing for both there are', ['missing', 'missing'], 0, is('hard')],
    ['one still at work', ['hard'], 1, wants(0)],
  ])('when nobody else can be drawn: %s', (_case, opinions, atWork, decision) => {
    expect(decide(opinions, atWork, true)).toEqual(decision);
  });
});
