import { findings } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { type Decision, decide, type Opinion, opinionOf } from './verdict.ts';
import { checked, unchecked } from './world.fixture.ts';

const wants = (wantedAuditors: number): Decision => ({ verdict: null, wantedAuditors });
const is = (verdict: Exclude<Decision['verdict'], null>): Decision => ({ verdict });

describe('opinion', () => {
  it.each<[number, Opinion]>([
    [0, 'pass'],
    [35_000_000, 'pass'],
    [35_000_001, 'soft'],
    [105_000_000, 'soft'],
    [105_000_001, 'hard'],
    [1_000_000_000, 'hard'],
  ])('of a distance of %i against a limit of 35,000,000 is %s', (t1Ppb, opinion) => {
    expect(opinionOf(checked(t1Ppb), 35_000_000)).toBe(opinion);
  });

  it('is never a pass when nothing was checked', () => {
    expect(opinionOf(unchecked('malformed'), 35_000_000)).toBe('hard');
    expect(opinionOf(unchecked('noArtifact'), 35_000_000)).toBe('missing');
    expect(opinionOf(unchecked('noResult'), 35_000_000)).toBe('noResult');
    expect(opinionOf({ ...checked(0), finding: findings.noResult + 1 }, 35_000_000)).toBe('noResult');
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
