import type { Opinion } from '@assay/ledger';
import { describe, expect, it } from 'vitest';
import { type CollusionPower, collusionPower, mixed, oldRule, ruleOf, type VerdictRule } from './verdicts.ts';

/**
 * The same by counting: every sequence of six auditors of three, one of whom colludes, weighs alike, and a rule looks
 * at as many of them as it asks for.
 */
function counted(rule: VerdictRule): CollusionPower {
  const verdictOf = (sequence: readonly boolean[], colluding: Opinion, other: Opinion) => {
    for (let asked = 0; ; ) {
      const decided = rule(sequence.slice(0, asked).map((colludes) => (colludes ? colluding : other)));
      if (typeof decided === 'string') return decided;
      asked += decided;
    }
  };
  const sums = { cheatAcquitted: 0, cheatHung: 0, innocentConvicted: 0, innocentHung: 0 };
  const all = 3 ** 6;
  for (let number = 0; number < all; number++) {
    const sequence = Array.from({ length: 6 }, (_, index) => Math.floor(number / 3 ** index) % 3 === 0);
    const cheat = verdictOf(sequence, 'pass', 'hard');
    const innocent = verdictOf(sequence, 'hard', 'pass');
    sums.cheatAcquitted += cheat === 'pass' ? 1 / all : 0;
    sums.cheatHung += cheat === 'hung' ? 1 / all : 0;
    sums.innocentConvicted += innocent === 'failure' ? 1 / all : 0;
    sums.innocentHung += innocent === 'hung' ? 1 / all : 0;
  }
  return sums;
}

const rounded = (power: CollusionPower) =>
  [power.cheatAcquitted, power.cheatHung, power.innocentConvicted, power.innocentHung].map((chance) =>
    chance.toFixed(4),
  );

describe('the power of a colluding third over verdicts (verification §5.2)', () => {
  it.each([
    ['before', oldRule, ['0.7037', '0.0000', '0.0370', '0.0000']],
    ['one auditor first', ruleOf(1), ['0.3745', '0.1975', '0.0535', '0.1152']],
    ['two auditors first', ruleOf(2), ['0.1879', '0.3182', '0.0617', '0.1866']],
  ])('is what counting every sequence of auditors gives: %s', (_name, rule, expected) => {
    const power = collusionPower(rule, 1 / 3);
    expect(rounded(power)).toEqual(expected);
    expect(rounded(counted(rule))).toEqual(expected);
  });

  it('is nothing without colluders and everything with all of them', () => {
    for (const rule of [oldRule, ruleOf(1), ruleOf(2)]) {
      expect(rounded(collusionPower(rule, 0))).toEqual(['0.0000', '0.0000', '0.0000', '0.0000']);
      expect(rounded(collusionPower(rule, 1))).toEqual(['1.0000', '0.0000', '1.0000', '0.0000']);
    }
  });

  it('lies between both where an eighth of the audits has a second auditor', () => {
    const [one, two] = [collusionPower(ruleOf(1), 1 / 3), collusionPower(ruleOf(2), 1 / 3)];
    expect(mixed(one, two, 1 / 8).cheatAcquitted).toBeCloseTo((7 * one.cheatAcquitted + two.cheatAcquitted) / 8, 12);
  });
});
