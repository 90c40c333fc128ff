import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { encodeText, sha256 } from '@assay/ssz';
import { open as openLmdb } from 'lmdb';
import { describe, expect, it } from 'vitest';
import { newDirectory } from './directory.fixture.ts';
import { openStore } from './store.ts';
import { openEnvironment, openTables } from './tables.ts';

const genesisHash = sha256(Uint8Array.of(1));
const open = (dir: string, readOnly = false) => openStore({ dir, genesisHash, readOnly });

/** Starts a fixture as a process and gives the first line it says. */
async function say(
  fixture: string,
  args: string[],
  command = 'exec "$@"',
): Promise<{ child: ChildProcess; line: string }> {
  const script = join(import.meta.dirname, fixture);
  const child = spawn('sh', ['-c', command, 'sh', process.execPath, script, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, line };
}

async function end(child: ChildProcess, signal: NodeJS.Signals) {
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

describe('data directory', () => {
  it('belongs to one process, whose number the others are told, and is free once that is killed', async () => {
    const dir = await newDirectory();
    const hex = Buffer.from(genesisHash).toString('hex');
    const holder = await say('hold-store.fixture.ts', [dir, hex]);
    expect(holder.line).toBe('open');
    await expect(open(dir)).rejects.toMatchObject({
      code: 'DATA_IN_USE',
      message: expect.stringContaining(`${dir} is held by process ${holder.child.pid}.`),
    });
    await (await open(dir, true)).close();
    await end(holder.child, 'SIGKILL');
    const store = await open(dir);
    const second = await say('hold-store.fixture.ts', [dir, hex]);
    expect(second.line).toContain(`DATA_IN_USE`);
    expect(second.line).toContain(`process ${process.pid}.`);
    await store.close();
  });

  it.skipIf(process.platform !== 'linux')('is not given to a second process when the lock is deleted', async () => {
    const dir = await newDirectory();
    const holder = await say('hold-store.fixture.ts', [dir, Buffer.from(genesisHash).toString('hex')]);
    await rm(join(dir, 'lock'));
    const refused = {
      code: 'DATA_IN_USE',
      message: expect.stringContaining(`process ${holder.child.pid}, whose lock`),
    };
    await expect(open(dir)).rejects.toMatchObject(refused);
    await end(holder.child, 'SIGKILL');
    // The number of a process that ended may be another's, which has nothing of the directory open.
    await writeFile(join(dir, 'lock.pid'), `${process.ppid}\n`);
    await (await open(dir)).close();
  });

  it('cannot be opened twice in one process either', async () => {
    const dir = await newDirectory();
    const store = await open(dir);
    await expect(open(dir)).rejects.toMatchObject({ code: 'DATA_IN_USE' });
    await store.close();
    await (await open(dir)).close();
  });

  it('holds one chain', async () => {
    const dir = await newDirectory();
    await (await open(dir)).close();
    const other = openStore({ dir, genesisHash: sha256(Uint8Array.of(2)) });
    await expect(other).rejects.toMatchObject({ code: 'OTHER_CHAIN' });
    await (await open(dir)).close();
  });

  it('is refused where it is written in another layout (§5.31)', async () => {
    const dir = await newDirectory();
    await (await open(dir)).close();
    const environment = openEnvironment(dir);
    await openTables(environment).meta.put('chain', Buffer.from([99, ...genesisHash]));
    await environment.close();
    await expect(open(dir)).rejects.toThrow('in layout 99, and version 0.');
  });

  it('is refused when its file is something else or was cut short', async () => {
    const dir = await newDirectory();
    const store = await open(dir);
    store.roleStore('a').put('large', new Uint8Array(8_000_000));
    await store.roleStore('a').flushed();
    await store.close();
    const file = join(dir, 'data.mdb');
    await truncate(file, 2_000_000);
    await expect(open(dir)).rejects.toMatchObject({
      code: 'DATA_DAMAGED',
      message: expect.stringContaining('cut short'),
    });
    const head = await readFile(file);
    await writeFile(file, head.fill(7, 0, 8192));
    await expect(open(dir)).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    await writeFile(file, 'short');
    await expect(open(dir)).rejects.toMatchObject({ code: 'DATA_DAMAGED' });
    await writeFile(file, '');
    await (await open(dir)).close();
  });

  it('says that the disk is full, loses nothing it confirmed and confirms nothing after', async () => {
    const dir = await newDirectory();
    // Where a file may not grow any more stands in for where the disk ends: the same short write.
    const { line } = await say('fill-store.fixture.ts', [dir], 'ulimit -f 8192; exec "$@"');
    const { code, kept } = JSON.parse(line);
    expect(code).toBe('DISK_FULL');
    expect(kept).toBeGreaterThan(10);
    const store = await openStore({ dir, genesisHash: new Uint8Array(32) });
    const memory = store.roleStore('filler');
    expect([...memory.entries('row')]).toHaveLength(kept);
    expect(memory.get(`row ${kept - 1}`)?.[99_999]).toBe((kept - 1) % 256);
    await store.close();
  });

  it('is made with its parents, and refused where none can be made', async () => {
    const dir = join(await newDirectory(), 'a', 'b');
    await (await open(dir)).close();
    await expect(open(join(dir, 'data.mdb', 'c'))).rejects.toMatchObject({ code: 'DISK_FAILED' });
  });
});

describe('memory of a role', () => {
  it('refuses every call once the store is closed, whoever still holds it', async () => {
    const store = await open(await newDirectory());
    const memory = store.roleStore('validator-1');
    memory.put('a', encodeText('one'));
    await store.close();
    const stopped = expect.objectContaining({ code: 'NODE_STOPPED' });
    expect(() => memory.get('a')).toThrow(stopped);
    expect(() => memory.put('a', encodeText('two'))).toThrow(stopped);
    expect(() => memory.delete('a')).toThrow(stopped);
    expect(() => [...memory.entries('')]).toThrow(stopped);
  });

  it('reads its own writes at once and after a restart', async () => {
    const dir = await newDirectory();
    const first = await open(dir);
    const memory = first.roleStore('mixer-1');
    memory.put('a/1', encodeText('one'));
    memory.put('a/2', encodeText('two'));
    memory.put('b/1', encodeText('three'));
    expect(memory.get('a/1')).toEqual(encodeText('one'));
    await memory.flushed();
    memory.delete('a/2');
    memory.put('a/0', encodeText('zero'));
    expect(memory.get('a/2')).toBeUndefined();
    expect([...memory.entries('a/')].map(({ key }) => key)).toEqual(['a/0', 'a/1']);
    expect(first.roleStore('mixer-2').get('a/1')).toBeUndefined();
    await memory.flushed();
    await first.close();
    const second = await open(dir);
    const entries = [...second.roleStore('mixer-1').entries('')];
    expect(entries).toEqual([
      { key: 'a/0', value: encodeText('zero') },
      { key: 'a/1', value: encodeText('one') },
      { key: 'b/1', value: encodeText('three') },
    ]);
    expect([...second.roleStore('mixer').entries('')]).toEqual([]);
    await second.close();
  });

  it('keeps a value as it was when it was put', async () => {
    const store = await open(await newDirectory());
    const memory = store.roleStore('a');
    const value = encodeText('before');
    memory.put('key', value);
    value.fill(0);
    expect(memory.get('key')).toEqual(encodeText('before'));
    await memory.flushed();
    memory.get('key')?.fill(0);
    expect(memory.get('key')).toEqual(encodeText('before'));
    await store.close();
  });

  it('is encrypted on the disk, and is refused when it was changed or moved', async () => {
    const dir = await newDirectory();
    const secret = sha256(encodeText('of this node'));
    const first = await openStore({ dir, genesisHash, secret });
    const memory = first.roleStore('mixer-1');
    const prompt = 'Why is the sky blue, and who wants to know?';
    memory.put('artifact/1', encodeText(prompt));
    memory.put('artifact/2', encodeText(prompt.repeat(200)), 7);
    await memory.flushed();
    expect([...memory.entries('artifact/')]).toHaveLength(2);
    await first.close();
    for (const file of await readdir(dir)) expect(await readFile(join(dir, file), 'latin1')).not.toContain(prompt);

    const other = await openStore({ dir, genesisHash, secret: sha256(secret) });
    const damaged = expect.objectContaining({
      code: 'DATA_DAMAGED',
      message: expect.stringContaining('mixer-1 remembers as artifact/1'),
    });
    expect(() => other.roleStore('mixer-1').get('artifact/1')).toThrow(damaged);
    expect(() => [...other.roleStore('mixer-1').entries('')]).toThrow(damaged);
    await other.close();

    const environment = openLmdb({ path: dir, noSubdir: false, maxDbs: 16 });
    const values = environment.openDB<Buffer, [string, string]>('roles', { encoding: 'binary' });
    const [stored = Buffer.alloc(0)] = [values.get(['mixer-1', 'artifact/1'])];
    await values.put(['mixer-1', 'artifact/3'], stored);
    await environment.close();
    const again = await openStore({ dir, genesisHash, secret });
    expect(again.roleStore('mixer-1').get('artifact/1')).toEqual(encodeText(prompt));
    expect(() => again.roleStore('mixer-1').get('artifact/3')).toThrow(/artifact\/3 was changed/);
    await again.close();
  });
});
