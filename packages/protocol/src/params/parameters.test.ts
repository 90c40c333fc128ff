import { describe, expect, it } from 'vitest';
import { defaultParams, parameterPaths, withParameter, withParams } from './parameter-values.ts';
import { Params } from './parameters.ts';

describe('the list of parameters', () => {
  it.each([...parameterPaths])('%s has a type, a default within its bounds, and says what it is for', (path, entry) => {
    const text = JSON.stringify(entry.type.toJson(entry.default));
    expect(withParameter(defaultParams, path, text, 'genesis')).toEqual(defaultParams);
    expect(entry.why).toMatch(/^\S.{4,}\.$/);
  });

  it('has every field of the encoding', () => {
    const leaves = (json: object, prefix = ''): string[] =>
      Object.entries(json).flatMap(([name, value]) =>
        typeof value === 'object' && !Array.isArray(value) ? leaves(value, `${prefix}${name}.`) : [prefix + name],
      );
    expect(leaves(Params.toJson(defaultParams) as object)).toEqual([...parameterPaths.keys()]);
  });
});

describe('a change of parameters', () => {
  it('names what it changes, inside a group or a whole list, and leaves the rest', () => {
    const emissionStages = [{ fromPeriod: 1, perDayUnits: 2n }];
    const changed = withParams(defaultParams, { emissionStages, audit: { positions: 7 } });
    expect(changed).toEqual({ ...defaultParams, emissionStages, audit: { ...defaultParams.audit, positions: 7 } });
  });
});
