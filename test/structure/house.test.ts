import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { houseOf } from '../../tools/house/house.ts';
import { laws } from '../../tools/house/laws.ts';
import { readTree } from '../../tools/house/tree.ts';

const root = dirname(dirname(import.meta.dirname));
const house = houseOf(readTree(root));

describe('the laws of the house', () => {
  it('has rooms to check', () => {
    expect(house.sources.filter(({ path }) => path.startsWith('packages/')).length).toBeGreaterThan(50);
  });

  it.each(laws)('$name', (law) => {
    const lines = law.check(house).map(({ path, line, sentence }) => `${path}:${line} ${sentence}`);
    expect(lines).toEqual([]);
  });
});
