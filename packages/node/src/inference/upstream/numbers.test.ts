import { AssayError } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SaidStep, soundStep } from './numbers.ts';

const expected = { baseUrl: 'http://host/v1', vocabularySize: 64, alternatives: 3 };
const honest: SaidStep = {
  id: 7,
  logprob: -0.7,
  top: [
    { id: 7, logprob: -0.7 },
    { id: 3, logprob: -1.5 },
    { id: 9, logprob: -3 },
  ],
};
const [first, second, third] = [honest.top[0], honest.top[1], honest.top[2]] as [object, object, object];

describe('what a server says of a token (verification §1.8.1)', () => {
  it('is taken where an auditor could accept it', () => {
    expect(soundStep(honest, expected)).toEqual(honest);
    const rare = { ...honest, id: 40, logprob: -8 };
    expect(soundStep(rare, expected)).toEqual(rare);
    const more = { ...honest, top: [...honest.top, { id: 1, logprob: -4 }] };
    expect(soundStep(more, expected)).toEqual(honest);
    expect(soundStep(honest, { ...expected, vocabularySize: 10, alternatives: 3 })).toEqual(honest);
  });

  it('may be rounded', () => {
    const others = [3, 9].map((id) => ({ id, logprob: -99 }));
    const certain = { id: 7, logprob: 1e-7, top: [{ id: 7, logprob: 0 }, ...others] };
    expect(soundStep(certain, expected)).toMatchObject({ id: 7, logprob: 0 });
    expect(soundStep({ ...honest, logprob: -0.7005 }, expected).logprob).toBe(-0.7);
    expect(soundStep({ ...honest, id: 40, logprob: -2.9995 }, expected).logprob).toBe(-3);
  });

  it.each<readonly [string, Partial<Record<keyof SaidStep, unknown>>, RegExp]>([
    ['too few alternatives', { top: [first, second] }, /2 alternatives of a token, not the 3/],
    ['one twice', { top: [first, second, second] }, /twice/],
    ['the wrong order', { top: [first, third, second] }, /wrong order/],
    ['more than there is', { top: [first, { id: 3, logprob: -0.7 }, { id: 9, logprob: -0.7 }] }, /more probability/],
    ['two numbers for the chosen', { logprob: -0.9 }, /contradicts itself/],
    ['a chosen one that should be listed', { id: 40, logprob: -2 }, /contradicts itself/],
    ['a token that is none', { id: 64 }, /does not have/],
    ['a negative one', { top: [first, second, { id: -1, logprob: -3 }] }, /does not have/],
    ['half a one', { id: 7.5 }, /does not have/],
    ['text for a number', { logprob: '-0.7' }, /no logarithm/],
    ['nothing for a number', { top: [first, second, { id: 9, logprob: null }] }, /no logarithm/],
    ['a number that is none', { logprob: Number.NaN }, /no logarithm/],
    ['a probability above one', { top: [{ id: 7, logprob: 0.1 }, second, third] }, /no logarithm/],
  ])('is a failure with %s', (_, change, sentence) => {
    expect(() => soundStep({ ...honest, ...change } as SaidStep, expected)).toThrow(sentence);
  });

  it('is sound or a failure, whatever it is', () => {
    const logprob = fc.oneof(fc.constantFrom(0, -0.7, -1.5, -3), fc.double({ min: -4, max: 0.001, noNaN: true }));
    const said = fc.record({ id: fc.integer({ min: -1, max: 9 }), logprob });
    const step = fc.record({ id: fc.nat(9), logprob, top: fc.array(said, { maxLength: 4 }) });
    fc.assert(
      fc.property(step, (each) => {
        try {
          const { id, logprob: chosen, top } = soundStep(each, expected);
          const numbers = top.map((token) => token.logprob);
          expect(new Set(top.map((token) => token.id)).size).toBe(3);
          expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
          expect(numbers.reduce((sum, number) => sum + Math.exp(number), 0)).toBeLessThan(1.0011);
          expect(chosen).toBeLessThanOrEqual(top.find((token) => token.id === id)?.logprob ?? top[2]?.logprob ?? -99);
        } catch (error) {
          if (!(error instanceof AssayError)) throw error;
          expect(error.code).toBe('BACKEND_FAILED');
        }
      }),
      { numRuns: 2000 },
    );
  });
});
