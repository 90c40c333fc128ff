import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '@assay/ssz';
import { openTestEngine, testChain } from './chain.fixture.ts';
import { replay } from './replay.ts';

// Run as a process of its own, which damage may kill: damages every page of a data file in every way, opens what is
// left, and says a line for each.
const [source = '', scratch = '', last = ''] = process.argv.slice(2);
const chain = testChain({ epochBlocks: 4 });
const pageBytes = 4096;
const whole = readFileSync(source);

function noise(page: number): Uint8Array {
  const parts = Array.from({ length: pageBytes / 32 }, (_, i) => sha256(Uint8Array.of(page, i)));
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const ways: Readonly<Record<string, (path: string, page: number) => void>> = {
  truncate: (path, page) => truncateSync(path, page * pageBytes),
  zero: (path, page) => writeFileSync(path, Buffer.from(whole).fill(0, page * pageBytes, (page + 1) * pageBytes)),
  noise: (path, page) => {
    const bytes = Buffer.from(whole);
    bytes.set(noise(page), page * pageBytes);
    writeFileSync(path, bytes);
  },
};

/** What became of a directory: sound to its last block, or the code and sentence it was refused with. */
async function outcomeIn(dir: string): Promise<string> {
  try {
    const { store, close } = await openTestEngine(chain, dir);
    try {
      await replay(store, chain.genesis);
      for (let height = 1; height <= store.height; height++) store.resultAt(height);
      return store.height === Number(last) && store.viewsHeight === store.height ? 'sound' : `lost to ${store.height}`;
    } finally {
      await close();
    }
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    return `${code}: ${message}`;
  }
}

for (const [way, damage] of Object.entries(ways)) {
  // A file without a page is a new one.
  for (let page = way === 'truncate' ? 1 : 0; page < statSync(source).size / pageBytes; page++) {
    const dir = mkdtempSync(join(scratch, 'damaged-'));
    copyFileSync(source, join(dir, 'data.mdb'));
    damage(join(dir, 'data.mdb'), page);
    process.stdout.write(`${JSON.stringify({ way, page, outcome: await outcomeIn(dir) })}\n`);
    rmSync(dir, { recursive: true });
  }
}
