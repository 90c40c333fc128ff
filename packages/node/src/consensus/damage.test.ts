import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { littleEndian } from '@assay/ssz';
import { open } from 'lmdb';
import { describe, expect, it } from 'vitest';
import { inspectDataFile } from '../store/data-file.ts';
import { newDirectory } from '../store/directory.fixture.ts';
import { openStore } from '../store/store.ts';
import { openTestEngine, testChain, transferOf } from './chain.fixture.ts';
import { loadChain } from './replay.ts';

const chain = testChain({ epochBlocks: 4 });
const [alice, bob] = chain.accounts as [(typeof chain.accounts)[0], (typeof chain.accounts)[0]];
const last = 12;

/** A store with blocks, views, snapshots, what roles remember, and free pages. */
async function filledStore(): Promise<string> {
  const dir = await newDirectory();
  const { engine, store, close } = await openTestEngine(chain, dir);
  const memory = store.roleStore('mixer-1');
  for (let nonce = 0; nonce < last; nonce++) {
    const inclusion = engine.chain.submit(transferOf(chain, { from: alice, to: bob.address, nonce }));
    memory.put(`large/${nonce % 4}`, new Uint8Array(9000).fill(nonce));
    for (let i = 0; i < 8; i++) memory.put(`small/${nonce}/${i}`, new Uint8Array(200), nonce + 3);
    await engine.produceNow();
    await inclusion;
  }
  await memory.flushed();
  await close();
  return dir;
}

/** Changes what lies in a table of a closed store, as a bad disk would. */
async function tamper(dir: string, table: string, change: (bytes: Buffer) => Buffer) {
  const environment = open({ path: dir, noSubdir: false, maxDbs: 16 });
  const rows = environment.openDB<Buffer, number>(table, { keyEncoding: 'uint32', encoding: 'binary' });
  await rows.put(last, change(Buffer.from(rows.get(last) ?? [])));
  await environment.close();
}

describe('a damaged data file', () => {
  it('ends in a sound chain or a sentence, whatever page is missing, zero or noise', async () => {
    const dir = await filledStore();
    const scratch = await newDirectory();
    const fixture = join(import.meta.dirname, 'damage.fixture.ts');
    const child = spawn(process.execPath, [fixture, join(dir, 'data.mdb'), scratch, String(last)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    const lines: { way: string; page: number; outcome: string }[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
    expect(await closed).toEqual([0, null]);
    const wrong = lines.filter(({ outcome }) => outcome !== 'sound' && !/^DATA_DAMAGED: .*copy\. .+/.test(outcome));
    expect(wrong).toEqual([]);
    const ways = Map.groupBy(lines, ({ outcome }) => outcome.slice(0, 12));
    expect([...ways.keys()].sort()).toEqual(['DATA_DAMAGED', 'sound']);
  }, 120_000);

  it('is copied without what follows from the blocks, when nothing else is damaged, and it is said', async () => {
    const dir = await filledStore();
    const path = join(dir, 'data.mdb');
    const whole = readFileSync(path);
    const repairable = Array.from({ length: whole.length / 4096 }, (_, page) => page).filter((page) => {
      writeFileSync(path, Buffer.from(whole).fill(0, page * 4096, (page + 1) * 4096));
      const damage = inspectDataFile(path);
      return damage.length > 0 && damage.every(({ part }) => part === 'results');
    });
    expect(repairable.length).toBeGreaterThan(0);
    const notices: string[] = [];
    for (const page of repairable) {
      writeFileSync(path, Buffer.from(whole).fill(0, page * 4096, (page + 1) * 4096));
      await expect(openStore({ dir, genesisHash: chain.hash, readOnly: true })).rejects.toThrow('Start the node on it');
      const repaired = await openStore({ dir, genesisHash: chain.hash, onNotice: (line) => notices.push(line) });
      expect([repaired.height, repaired.viewsHeight]).toEqual([last, 0]);
      expect(repaired.roleStore('mixer-1').get('large/3')).toEqual(new Uint8Array(9000).fill(11));
      await repaired.close();
      const { engine, store, close } = await openTestEngine(chain, dir);
      expect([store.viewsHeight, engine.chain.head().nonceOf(alice.address)]).toEqual([last, last]);
      await close();
    }
    expect(notices).toHaveLength(repairable.length);
    expect(notices[0]).toMatch(/results .* That part is made again\.$/);
  }, 60_000);
});

describe('a damaged view', () => {
  it('is noticed by whoever reads it, and made again from the blocks by the next start, which says so', async () => {
    const dir = await filledStore();
    await tamper(dir, 'results', (bytes) => bytes.fill(255, 4));
    const notices: string[] = [];
    const options = { dir, genesisHash: chain.hash, onNotice: (line: string) => notices.push(line) };
    const first = await openStore(options);
    expect(() => first.resultAt(last)).toThrow(
      expect.objectContaining({ code: 'DATA_DAMAGED', message: expect.stringContaining('the next start') }),
    );
    expect(first.viewsHeight).toBe(0);
    await first.close();
    expect(notices).toEqual([]);
    const { store, close } = await openTestEngine(chain, dir);
    expect([store.viewsHeight, store.resultAt(last)?.codes]).toEqual([last, ['OK']]);
    await close();
    const again = await openStore(options);
    await again.clearViews();
    await again.close();
    expect(notices).toEqual([expect.stringContaining('made again from the blocks')]);
  });

  it('of an older version is made again by the next start', async () => {
    const dir = await filledStore();
    await tamper(dir, 'results', () => {
      const content = serialize({ codes: Uint8Array.of(0), events: [] });
      return Buffer.concat([littleEndian(crc32(content), 4), content]);
    });
    const older = await openStore({ dir, genesisHash: chain.hash });
    expect([older.height, older.viewsHeight]).toEqual([last, 0]);
    await older.close();
    const { store, close } = await openTestEngine(chain, dir);
    expect([store.viewsHeight, store.resultAt(last)?.codes]).toEqual([last, ['OK']]);
    await close();
  });

  it('does not keep a node from starting when its start reads it', async () => {
    const dir = await filledStore();
    await tamper(dir, 'snapshots', () => Buffer.alloc(3));
    await tamper(dir, 'results', () => Buffer.alloc(3));
    const { store, close } = await openTestEngine(chain, dir);
    expect([store.viewsHeight, store.resultAt(last)?.codes]).toEqual([last, ['OK']]);
    expect((await loadChain(store, chain.genesis)).ledger.state.nonceOf(alice.address)).toBe(last);
    await close();
  });
});
