import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { rolldown } from 'rolldown';
import { expect, it } from 'vitest';

const dir = import.meta.dirname;
/** What a page of ours could be: every module of this package, and what makes a history of a chain file. */
const page = join(dir, 'page.ts');
const modules = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((path) => /(?<!\.test)\.ts$/.test(path));
const source = [
  ...modules.map((path, index) => `export * as module${index} from './${path}';`),
  "export { explainPayout } from './payout.ts';",
  "export { trusting } from '@assay/ledger';",
  "export { Genesis, parseAddress } from '@assay/protocol';",
  "export { fromHex } from '@assay/ssz';",
].join('\n');

async function bundle(): Promise<{ code: string; imports: readonly string[] }> {
  const virtual = {
    name: 'page',
    resolveId: (id: string) => (id === page ? id : null),
    load: (id: string) => (id === page ? source : null),
  };
  const build = await rolldown({ input: page, platform: 'browser', logLevel: 'silent', plugins: [virtual] });
  const { output } = await build.generate({ format: 'iife', name: 'assay' });
  await build.close();
  return { code: output[0].code, imports: [...output[0].imports, ...output[0].dynamicImports] };
}

it('needs no module and no global of Node, and explains a payout of a recorded chain in a page', async () => {
  const { code, imports } = await bundle();
  expect(imports).toEqual([]);
  expect(code).not.toMatch(/\brequire\(|["']node:/);

  const input = readFileSync(join(dir, '../../../spec/vectors/chain-competition.json'), 'utf8');
  const context = createContext({ TextEncoder, TextDecoder, URL, URLSearchParams, crypto, input });
  runInContext(code, context);
  const explained: unknown = await runInContext(
    `(async () => {
       const { genesis: file, blocks, closes } = JSON.parse(input);
       const genesis = assay.Genesis.fromJson(file);
       const all = async function* () { yield* blocks.map((block) => assay.fromHex(block)); };
       const none = async () => null;
       const rest = { verifier: assay.trusting, closeOf: none, stateUpTo: none, spanOf: none, marked: async () => [] };
       const history = { source: 'a page', genesis, height: blocks.length, blocks: all, ...rest };
       const [{ account }] = closes[1].payouts;
       const paid = closes[1].payouts.filter((payout) => payout.account === account);
       const asked = { account: assay.parseAddress(account), epoch: 1 };
       const { result } = await assay.explainPayout(history, asked, { fast: true });
       return JSON.stringify([paid.map(({ units }) => units), result.payouts.map((one) => one.recomputedUnits)]);
     })()`,
    context,
  );
  const [paid, recomputed] = JSON.parse(String(explained)) as [string[], string[]];
  expect(paid.length).toBeGreaterThan(0);
  expect(recomputed).toEqual(paid);
});
