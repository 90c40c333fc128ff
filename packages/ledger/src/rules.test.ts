import { describe, expect, it } from 'vitest';
import { rules } from './rules.ts';

describe('rules §2.4', () => {
  it('are numbered without gaps, and none is active before the one it follows', () => {
    expect(rules.map((rule) => rule.number)).toEqual(rules.map((_, index) => index + 1));
    const heights = rules.map((rule) => rule.activationHeight);
    expect(heights).toEqual(heights.toSorted((a, b) => a - b));
    expect(heights[0]).toBe(0);
  });
});
