import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newDirectory } from '../store/directory.fixture.ts';
import { ApiKeyFile } from './api-keys.ts';

async function newPath(): Promise<string> {
  const path = join(await newDirectory(), 'api-keys.json');
  await ApiKeyFile.begin(path);
  return path;
}

describe('the list of API keys', () => {
  it('begins with one key for every session, and takes what was issued and revoked over restarts', async () => {
    const path = await newPath();
    const file = new ApiKeyFile(path);
    expect(file.list.of(7)).toEqual([{ number: 0, revoked: false }]);
    const { list, number } = file.list.issue(7);
    expect(number).toBe(1);
    await file.write(list);
    const revoked = file.list.revoke(7, 0);
    if (revoked === null) throw new Error('there is no key');
    await file.write(revoked);
    const expected = [
      { number: 0, revoked: true },
      { number: 1, revoked: false },
    ];
    expect(file.list.of(7)).toEqual(expected);
    expect(new ApiKeyFile(path).list.of(7)).toEqual(expected);
    expect(file.list.of(8)).toEqual([{ number: 0, revoked: false }]);
    expect([file.list.revoke(7, 2), file.list.revoke(8, 1)]).toEqual([null, null]);
    expect(file.list.revoke(7, 0)?.of(7)).toEqual(expected);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('never gives a revoked number out again, and ends at 1,024 keys', async () => {
    let { list } = new ApiKeyFile(await newPath());
    for (let number = 1; number < 1024; number++) {
      list = list.revoke(0, number - 1) ?? list;
      const issued = list.issue(0);
      expect(issued.number).toBe(number);
      list = issued.list;
    }
    expect(() => list.issue(0)).toThrow('open another session');
  });

  it('is seen as another process left it; what was revoked stays so when the file is damaged or gone', async () => {
    const path = await newPath();
    const [node, command] = [new ApiKeyFile(path), new ApiKeyFile(path)];
    await command.write(command.list.issue(0).list.revoke(0, 0) ?? command.list);
    expect(node.list.of(0)[0]).toEqual({ number: 0, revoked: true });
    await writeFile(path, '{"version":1,"sessions":{"0":{"iss');
    expect(node.list.of(0)[0]).toEqual({ number: 0, revoked: true });
    expect(() => new ApiKeyFile(path)).toThrow(expect.objectContaining({ code: 'KEYS_DAMAGED' }));
    await rm(path);
    expect(node.list.of(0)[0]).toEqual({ number: 0, revoked: true });
  });

  it('brings no revoked key back to a node that runs, nor its number, when the file is written again', async () => {
    const path = await newPath();
    const node = new ApiKeyFile(path);
    const issued = node.list.issue(0).list;
    await node.write(issued.revoke(0, 0) ?? issued);
    const known = [
      { number: 0, revoked: true },
      { number: 1, revoked: false },
    ];
    expect(node.list.of(0)).toEqual(known);
    await rm(path);
    await ApiKeyFile.begin(path);
    expect(node.list.of(0)).toEqual(known);
    // What the new file revokes counts besides.
    await writeFile(path, '{"version":1,"sessions":{"0":{"issued":1,"revoked":[1]}}}');
    expect(node.list.of(0).map(({ revoked }) => revoked)).toEqual([true, true]);
  });

  it('is missed, rather than begun again, when it is gone, and stays as it is when it is there', async () => {
    const path = await newPath();
    const file = new ApiKeyFile(path);
    await file.write(file.list.revoke(0, 0) ?? file.list);
    await ApiKeyFile.begin(path);
    expect(new ApiKeyFile(path).list.of(0)).toEqual([{ number: 0, revoked: true }]);
    await rm(path);
    const refused = {
      code: 'DATA_INCOMPLETE',
      message: expect.stringContaining('{"version":1,"sessions":{}} into it'),
    };
    expect(() => new ApiKeyFile(path)).toThrow(expect.objectContaining(refused));
  });
});
