import { type Rule, repositoryOf } from './repository.ts';

const manifest = (name: string, more: object = {}): string =>
  JSON.stringify({ name, license: 'Apache-2.0', exports: { '.': './src/index.ts' }, ...more });

/** A repository with one of each package, which `files` are added to. */
function repository(files: Readonly<Record<string, string>>) {
  const base = {
    'package.json': manifest('assay', { devDependencies: { vitest: '1.2.3' } }),
    'packages/protocol/package.json': manifest('@assay/protocol'),
    'packages/protocol/src/index.ts': 'export const one = 1;',
    'packages/ledger/package.json': manifest('@assay/ledger', { dependencies: { '@assay/protocol': '0.1.0' } }),
    'packages/node/package.json': manifest('@assay/node', {
      exports: { './*': './src/*.ts' },
      dependencies: { '@assay/protocol': '0.1.0' },
    }),
  };
  return repositoryOf(new Map(Object.entries({ ...base, ...files })));
}

/** `path:line` and the sentence of each finding. */
export function findings(rule: Rule, files: Readonly<Record<string, string>>): string[] {
  return rule.check(repository(files)).map(({ path, line, sentence }) => `${path}:${line} ${sentence}`);
}

export const inLedger = (rule: Rule, text: string) => findings(rule, { 'packages/ledger/src/a.ts': text });
