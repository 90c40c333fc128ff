import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newDirectory } from './directory.fixture.ts';
import { writeDurably } from './durable-file.ts';

describe('a file that is written durably', () => {
  it('replaces a link, and writes through none that was planted where its draft might be', async () => {
    const dir = await newDirectory();
    const target = join(await newDirectory(), 'authorized_keys');
    await writeFile(target, 'ssh');
    const path = join(dir, 'node.json');
    for (const name of [path, `${path}.tmp`, `${path}.${process.pid}.tmp`]) await symlink(target, name);
    await writeDurably(path, 'content', 0o600);
    expect([await readFile(target, 'utf8'), await readFile(path, 'utf8')]).toEqual(['ssh', 'content']);
  });

  it('leaves no draft where it fails', async () => {
    const dir = await newDirectory();
    await expect(writeDurably(dir, 'content', 0o600)).rejects.toThrow();
    expect((await readdir(join(dir, '..'))).filter((name) => join(dir, '..', name).startsWith(`${dir}.`))).toEqual([]);
  });
});
