import { describe, expect, it } from 'vitest';
import { findings, inLedger } from './findings.fixture.ts';
import { cycles, folders, layers } from './layers.ts';

describe('layers', () => {
  it('lets imports go down by name', () => {
    expect(inLedger(layers, "import { one } from '@assay/protocol';")).toEqual([]);
    expect(findings(layers, { 'test/a.ts': "import '@assay/node/index'; import 'vitest'; import 'node:fs';" })).toEqual(
      ['test/a.ts:1 imports @assay/node/index. @assay/node/index is not an export of that package.'],
    );
  });

  it('lets benches use what is made for them', () => {
    const files = {
      'bench/bench.ts': 'export const a = 1;',
      'packages/ledger/src/a.bench.ts': "import '../../../bench/bench.ts';",
    };
    expect(findings(layers, files)).toEqual([]);
    const inCode = { ...files, 'packages/ledger/src/a.ts': "import '../../../bench/bench.ts';" };
    expect(findings(layers, inCode)).toHaveLength(1);
    expect(findings(layers, { 'test/a.ts': "import '../packages/protocol/src/index.ts';" })).toHaveLength(1);
  });

  it.each([
    ['upwards', "import { x } from '@assay/node/index';", 'packages/ledger may import ssz, protocol'],
    ['by path', "import '../../protocol/src/index.ts';", 'Import @assay/protocol by its name'],
    ['of the machine', "import 'node:fs';", 'packages/ledger knows no machine'],
    ['undeclared', "import 'lmdb';", 'Declare lmdb in packages/ledger/package.json'],
    ['without node:', "import 'fs';", 'Write node:fs.'],
    ['of no export', "export * from '@assay/protocol/deep';", 'is not an export of that package'],
    ['of no file', "const a = import('./b.ts');", 'There is no such file'],
    ['out of the packages', "type T = import('../../../tools/b.ts').T;", 'packages/ledger may import'],
  ])('refuses an import %s', (_, text, sentence) => {
    expect(inLedger(layers, text)).toEqual([expect.stringContaining(sentence)]);
  });
});

describe('folders', () => {
  const files = {
    'packages/ledger/src/draw/a.ts': "import '../audit/b.ts';",
    'packages/ledger/src/audit/b.ts': 'export const b = 1;',
    'packages/ledger/src/audit/c.ts': "import '../draw/d.ts';",
    'packages/ledger/src/draw/d.ts': 'export const d = 1;',
  };

  it('finds a circle that no file is in', () => {
    expect(findings(cycles, files)).toEqual([]);
    expect(findings(folders, files)).toEqual([
      'packages/ledger/src:0 audit, draw import each other. Move what they share into a file below them.',
    ]);
  });

  it('lets a folder import those beside it one way, and tests import both', () => {
    const { 'packages/ledger/src/audit/c.ts': back, ...rest } = files;
    expect(findings(folders, { ...rest, 'packages/ledger/src/audit/c.test.ts': back })).toEqual([]);
  });
});

describe('cycles', () => {
  it('finds files that import each other, types included', () => {
    const files = {
      'test/a.ts': "import type { B } from './b.ts';",
      'test/b.ts': "import './c.ts';",
      'test/c.ts': "import './a.ts'; import './d.ts';",
      'test/d.ts': 'export const d = 1;',
    };
    expect(findings(cycles, files)).toEqual([
      expect.stringContaining('These files import each other: test/a.ts, test/b.ts, test/c.ts.'),
    ]);
    expect(findings(cycles, { ...files, 'test/c.ts': "import './d.ts';" })).toEqual([]);
  });
});
