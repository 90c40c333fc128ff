import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cometForTests } from '@assay/node/consensus/cometbft/net.fixture';
import { freeFirstPort } from '@assay/node/deploy/free-ports';
import { invitationText, parseInvitation } from '@assay/node/host/invitation';
import { fromHex } from '@assay/ssz';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Joining } from './joining.ts';
import { assay, eventually, firstPort, temporaryDirectory } from './network.ts';
import { newestSeal } from './seals.ts';

/** `ASSAY_JOIN_VALIDATORS=4` for a network of the usual size. */
const validators = Number(process.env.ASSAY_JOIN_VALIDATORS ?? 2);
const others = '--mixers 1 --miners 0 --oracles 0 --gateways 0 --set epochBlocks=8 --engine cometbft'.split(' ');

/** `network init` and `up` of few roles; what is to be known of it. */
async function startNetwork(dir: string): Promise<{ invitation: string; genesisHash: Uint8Array; freePort: number }> {
  const port = await freeFirstPort(firstPort, 100);
  const init = ['--dir', dir, '--port', String(port), '--validators', String(validators), ...others];
  expect((await assay(['network', 'init', ...init])).code).toBe(0);
  const { invitation = '', genesisHash = '' } = JSON.parse(readFileSync(join(dir, 'network.json'), 'utf8'));
  expect((await assay(['network', 'up', '--dir', dir])).code).toBe(0);
  return { invitation, genesisHash: fromHex(genesisHash) ?? new Uint8Array(), freePort: port + 99 };
}

const binary = await cometForTests();

describe.skipIf(binary === null)('a validator that joins from an empty folder, by the invitation alone', () => {
  const directory = temporaryDirectory();
  const dir = join(directory.path, 'network');
  let network: Awaited<ReturnType<typeof startNetwork>>;

  beforeAll(async () => {
    network = await startNetwork(dir);
  }, 180_000);

  afterAll(async () => {
    await assay(['network', 'down', '--dir', dir]);
    directory.remove();
  }, 60_000);

  it('catches up, is paid by the faucet, registers, and signs blocks; killed, it goes on', async () => {
    const data = join(directory.path, 'newcomer');
    const { invitation, genesisHash, freePort } = network;
    const place = ['--listen', `127.0.0.1:${freePort}`, '--data', data, '--port', '0'];
    const args = [invitation, '--role', 'validator', ...place];
    const newest = () => newestSeal(join(dir, 'validator-1'), genesisHash);
    const first = new Joining(args);
    onTestFinished(() => void first.process.kill('SIGKILL'));
    const registered = await first.until(({ name, state }) => name === 'registered' && state === 'done');
    expect(registered.text).toMatch(new RegExp(`^Registered as validator ${validators} in block \\d+\\.$`));
    await first.until(({ event }) => event === 'ready');
    const texts = first.lines.flatMap(({ text }) => text ?? []);
    expect(texts.some((text) => /Blocks are made with those at .*@127\.0\.0\.1:\d+/.test(text))).toBe(true);
    const signed = await eventually(async () => {
      const seal = await newest();
      return seal.signers.includes(validators) ? seal : null;
    });
    expect(signed.signers.length).toBeGreaterThan(1);
    expect(await first.end('SIGKILL')).toBeNull();

    const keys = readFileSync(join(data, 'keys.json'), 'utf8');
    const { height: before } = await newest();
    const second = new Joining(args);
    onTestFinished(() => void second.process.kill('SIGKILL'));
    await second.until(({ event }) => event === 'ready');
    const again = await eventually(async () => {
      const seal = await newest();
      return seal.height > before + 2 && seal.signers.includes(validators) ? seal : null;
    });
    expect(again.height).toBeGreaterThan(signed.height);
    expect(second.lines.filter(({ name }) => name === 'registered' || name === 'funds')).toEqual([]);
    expect(readFileSync(join(data, 'keys.json'), 'utf8')).toBe(keys);
    expect(await second.end('SIGINT')).toBe(0);
  }, 240_000);

  it('begins with the block of its newest line while it has none (§20.1.1)', async () => {
    const data = join(directory.path, 'late');
    const trusted = (height: number) =>
      invitationText({
        ...parseInvitation(network.invitation),
        trusted: { height, headerRoot: 'ab'.repeat(32), nextComet: 'cd'.repeat(32) },
      });
    const joined = async (line: string) => {
      const { code } = await assay([
        'join',
        line,
        '--role',
        'validator',
        '--data',
        data,
        '--port',
        '0',
        '--check-only',
      ]);
      return [code, JSON.parse(readFileSync(join(data, 'config.json'), 'utf8')).engine.trusted];
    };
    expect(await joined(network.invitation)).toEqual([0, null]);
    expect(await joined(trusted(1000))).toEqual([0, { height: 1001, hash: 'cd'.repeat(32) }]);
    expect(await joined(trusted(2000))).toEqual([0, { height: 2001, hash: 'cd'.repeat(32) }]);
    expect(await joined(network.invitation)).toEqual([0, { height: 2001, hash: 'cd'.repeat(32) }]);
  }, 120_000);

  it('is told how to get a CometBFT, before anything is made, where there is none', async () => {
    const data = join(directory.path, 'without');
    const asked = ['join', network.invitation, '--role', 'validator', '--data', data, '--check-only'];
    const home = { ASSAY_HOME: directory.path, ASSAY_COMETBFT: '' };
    const bare = await assay(asked, { ...home, PATH: dirname(process.execPath) });
    expect([bare.code, bare.err]).toEqual([7, expect.stringContaining('run it again: cometbft.')]);
    expect(bare.out).toMatch(/There is no Go to build it with. Install Go .* or run `go install .*--cometbft PATH/);
    const wrong = await assay([...asked, '--cometbft', process.execPath], home);
    expect([wrong.code, wrong.out.includes('is no CometBFT')]).toEqual([7, true]);
    expect(existsSync(join(data, 'keys.json'))).toBe(false);
  }, 60_000);
});
