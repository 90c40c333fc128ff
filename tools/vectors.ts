/**
 * `npm run vectors` writes spec/vectors from the rules. `npm run vectors -- chains` also records the chains:
 * that is right only while no network has run under its rules; otherwise the change needs a number in `rules.ts`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordChain, recordedChains } from './vectors/chain.ts';
import { textOf, vectorFiles } from './vectors/vectors.ts';

const dir = join(import.meta.dirname, '../spec/vectors');
mkdirSync(dir, { recursive: true });

function write(name: string, text: string): void {
  writeFileSync(join(dir, name), text);
  console.log(`${name}  ${Math.ceil(text.length / 1024)} KiB`);
}

for (const [name, text] of vectorFiles()) write(name, text);
if (process.argv.includes('chains')) {
  for (const [name, rounds] of recordedChains) write(`chain-${name}.json`, textOf(recordChain(name, rounds)));
}
