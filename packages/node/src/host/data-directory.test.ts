import { once } from 'node:events';
import { chmod, link, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { newDirectory } from '../store/directory.fixture.ts';
import { NodeConfig } from './config.ts';
import { mayBeginAgain, repairModes, requireWhole } from './data-directory.ts';

const parts = ['genesis.json', 'keys.json', 'chain/data.mdb'] as const;

async function directoryWith(...present: readonly string[]): Promise<string> {
  const dir = await newDirectory();
  await mkdir(join(dir, 'chain'));
  for (const part of present) await writeFile(join(dir, part), 'x');
  return dir;
}
const modeOf = async (...path: string[]) => (await stat(join(...path))).mode & 0o777;

describe('a data directory', () => {
  it.each([
    ['nothing', []],
    ['all of its parts', parts],
    // A start that was cut off after the keys were made leaves this; a new genesis is another chain.
    ['keys alone', ['keys.json']],
    ['a first start that was cut off before its chain', ['keys.json', 'genesis.json', 'beginning']],
  ])('begins or goes on with %s', async (_, present) => {
    const dir = await directoryWith(...present);
    expect(() => requireWhole(dir, { newChain: false })).not.toThrow();
  });

  it.each([
    ['chain/', ['genesis.json', 'keys.json'], '--new-chain'],
    ['genesis.json', ['keys.json', 'chain/data.mdb'], '--fresh'],
    ['keys.json', ['genesis.json', 'chain/data.mdb'], '--fresh'],
    ['keys.json', ['genesis.json'], '--fresh'],
    ['keys.json', ['chain/data.mdb'], '--fresh'],
    ['keys.json', ['genesis.json', 'beginning'], '--fresh'],
  ])('is refused without its %s beside %j', async (missing, present, option) => {
    const dir = await directoryWith(...present);
    const refused = expect.objectContaining({
      code: 'DATA_INCOMPLETE',
      message: expect.stringMatching(new RegExp(`restore it from a copy.*--fresh.*${missing} is not there`)),
    });
    expect(() => requireWhole(dir, { newChain: false })).toThrow(refused);
    expect(() => requireWhole(dir, { newChain: false })).toThrow(option);
  });

  it('begins a chain from a genesis and keys that are there only when it is told', async () => {
    const dir = await directoryWith('genesis.json', 'keys.json');
    expect(() => requireWhole(dir, { newChain: true })).not.toThrow();
    await writeFile(join(dir, 'chain/data.mdb'), '');
    expect(() => requireWhole(dir, { newChain: false })).toThrow('chain/ is not there');
    await rm(join(dir, 'keys.json'));
    expect(() => requireWhole(dir, { newChain: true })).toThrow('keys.json is not there');
  });
});

describe('a validator whose chain was deleted §18.13', () => {
  const trusted = { height: 9, hash: 'ab'.repeat(32) };
  const configOf = (kind: string, of: object | null) =>
    NodeConfig.parse({
      version: 1,
      engine: { kind: 'cometbft', trusted: of },
      roles: [{ kind, key: kind }],
      api: { port: 0 },
    });

  it('begins with a state that it is told of, while what it signed is there', async () => {
    const dir = await directoryWith('genesis.json', 'keys.json');
    expect(mayBeginAgain(configOf('validator', trusted), dir)).toBe(false);
    await mkdir(join(dir, 'cometbft'));
    await writeFile(join(dir, 'cometbft/last-signed.json'), '{}');
    expect(mayBeginAgain(configOf('validator', trusted), dir)).toBe(true);
    expect(mayBeginAgain(configOf('validator', null), dir)).toBe(false);
    // A mixer's memory of what it signed was in the chain's directory.
    expect(mayBeginAgain(configOf('mixer', trusted), dir)).toBe(false);
  });

  it('reads what earlier releases wrote, and says what became of it', () => {
    const wrote = { kind: 'cometbft', rpcListen: null, stateSync: null };
    const configOfOld = (engine: object) => NodeConfig.parse({ version: 1, engine, api: { port: 0 } });
    expect(configOfOld(wrote).engine).toMatchObject({ trusted: null });
    expect(() => configOfOld({ ...wrote, rpcListen: 'tcp://10.0.0.7:26657' })).toThrow(/It is no more: see/);
  });

  it('is told of a whole hash', () => {
    expect(() => configOf('validator', { ...trusted, hash: 'ab' })).toThrow(/64 hexadecimal digits/);
  });
});

describe.skipIf(process.getuid === undefined)('modes', () => {
  it.each([
    ['a link', 'node.log', (target: string, path: string) => symlink(target, path)],
    ['a link to nothing', 'node.json', (target: string, path: string) => symlink(`${target}.none`, path)],
    ['a link to a directory', 'chain/repaired', (target: string, path: string) => symlink(dirname(target), path)],
    ['a second name of a file', 'halted-1/state.ssz', (target: string, path: string) => link(target, path)],
    ['a socket', 'lock', (_: string, path: string) => once(createServer().listen(path).unref(), 'listening')],
  ])('are not asked of %s: it is refused, and what it leads to stays', async (_, name, plant) => {
    const dir = await directoryWith(...parts);
    await mkdir(join(dir, 'halted-1'));
    const target = join(await newDirectory(), 'authorized_keys');
    await writeFile(target, 'ssh');
    await chmod(target, 0o644);
    await chmod(dir, 0o777);
    await plant(target, join(dir, name));
    expect(() => repairModes(dir, () => {})).toThrow(
      expect.objectContaining({ code: 'DATA_NOT_OWN', message: expect.stringMatching(`${name} is (a link|neither)`) }),
    );
    expect([await readFile(target, 'utf8'), await modeOf(target), await modeOf(dir)]).toEqual(['ssh', 0o644, 0o700]);
  });

  it('are repaired in a directory that the operator leads to by a link', async () => {
    const dir = await directoryWith(...parts);
    await chmod(dir, 0o755);
    const path = join(await newDirectory(), 'devnet');
    await symlink(dir, path);
    repairModes(path, () => {});
    expect(await modeOf(dir)).toBe(0o700);
  });

  it('that let others in are repaired, once, and it is said', async () => {
    const dir = await directoryWith(...parts, 'node.json');
    await chmod(dir, 0o755);
    await chmod(join(dir, 'chain'), 0o777);
    for (const file of ['keys.json', 'node.json']) await chmod(join(dir, file), 0o644);
    const said: string[] = [];
    repairModes(dir, (line) => said.push(line));
    expect(said).toHaveLength(4);
    expect(said.join()).toContain(`${join(dir, 'keys.json')} (mode 0644); now they cannot`);
    expect([await modeOf(dir), await modeOf(dir, 'chain')]).toEqual([0o700, 0o700]);
    expect([await modeOf(dir, 'keys.json'), await modeOf(dir, 'node.json')]).toEqual([0o600, 0o600]);
    repairModes(dir, (line) => said.push(line));
    expect(said).toHaveLength(4);
  });

  it('of what belongs to another user are not taken: it is refused', async () => {
    const dir = await directoryWith(...parts);
    // The same files, seen by another user.
    const seenBy = vi.spyOn(process, 'getuid').mockReturnValue((process.getuid?.() ?? 0) + 1);
    expect(() => repairModes(dir, () => {})).toThrow(
      expect.objectContaining({ code: 'DATA_NOT_OWN', message: expect.stringContaining(dir) }),
    );
    seenBy.mockRestore();
    expect(await modeOf(dir)).toBe(0o700);
  });
});
