import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryOf } from '../../tools/rules/repository.ts';
import { rules } from '../../tools/rules/rules.ts';
import { readTree } from '../../tools/rules/tree.ts';

const root = dirname(dirname(import.meta.dirname));
const repository = repositoryOf(readTree(root));

describe('the rules of the repository', () => {
  it('has rooms to check', () => {
    expect(repository.sources.filter(({ path }) => path.startsWith('packages/')).length).toBeGreaterThan(50);
  });

  it.each(rules)('$name', (rule) => {
    const lines = rule.check(repository).map(({ path, line, sentence }) => `${path}:${line} ${sentence}`);
    expect(lines).toEqual([]);
  });
});
