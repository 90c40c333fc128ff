import { describe, expect, it } from 'vitest';
import { World } from '../testing/world.fixture.ts';
import { rules } from './rules.ts';

describe('rules §2.4', () => {
  it('are numbered without gaps, and a genesis begins with the first', () => {
    expect(rules.map((rule) => rule.number)).toEqual(rules.map((_, index) => index + 1));
    expect(new World().state.globals).toMatchObject({ rule: 1, nextRule: 0, nextRuleHeight: 0 });
  });
});
