import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Miner } from '@assay/client';
import { cometForTests } from '@assay/node/consensus/cometbft/net.fixture';
import { buildNat, missingForNat, outsideAddress } from '@assay/node/network/libp2p/nat.fixture';
import { fromHex } from '@assay/ssz';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Joining } from './joining.ts';
import { assay, eventually, temporaryDirectory } from './network.ts';
import { newestSeal } from './seals.ts';

const spaces = {
  inside: `assay-home-${process.pid}`,
  router: `assay-door-${process.pid}`,
  outside: `assay-net-${process.pid}`,
};
const within = (space: string) => ['ip', 'netns', 'exec', space];
const shape = ['--validators', '1', '--mixers', '3', '--miners', '0', '--oracles', '1', '--gateways', '1'];

const why = missingForNat();
if (why !== null) console.warn(`SKIPPED: joining from behind NAT. ${why}`);

describe.skipIf(why !== null)('a miner behind NAT', () => {
  it('joins from an empty folder and serves the only tasks of a network that cannot dial it', async () => {
    const directory = temporaryDirectory();
    onTestFinished(() => directory.remove());
    onTestFinished(buildNat(spaces));
    const dir = join(directory.path, 'network');
    const init = ['network', 'init', '--dir', dir, ...shape, '--engine', 'embedded', '--address', outsideAddress];
    expect((await assay(init)).code).toBe(0);
    onTestFinished(async () => {
      await assay(['network', 'down', '--dir', dir]);
    });
    const up = await assay(['network', 'up', '--dir', dir, '--json'], {}, within(spaces.outside));
    const ready = JSON.parse(up.out.trim().split('\n').at(-1) ?? '{}') as Record<
      'api' | 'apiKey' | 'invitation',
      string
    >;
    const data = join(directory.path, 'newcomer');
    const joining = new Joining([ready.invitation, '--data', data, '--port', '0'], within(spaces.inside));
    await joining.until(({ event }) => event === 'ready');
    const environment = { ASSAY_API: ready.api, ASSAY_API_KEY: ready.apiKey };
    await eventually(async () => {
      const asked = await assay(['chat', 'Say hello.', '--max-tokens', '4'], environment, within(spaces.outside));
      return asked.code === 0 ? asked : null;
    });
    const served = await eventually(async () => {
      const shown = await assay(['list', 'miners', '0', '--json'], environment, within(spaces.outside));
      const [miner] = (JSON.parse(shown.out) as { items: Miner[] }).items;
      return miner !== undefined && miner.tasks > 0 ? miner : null;
    });
    expect(served.tasks).toBeGreaterThan(0);
    expect(await joining.end('SIGINT')).toBe(0);
  }, 240_000);
});

const binary = await cometForTests();
const others = '--mixers 1 --miners 0 --oracles 0 --gateways 0 --set epochBlocks=8 --engine cometbft'.split(' ');

describe.skipIf(why !== null || binary === null)('a validator behind NAT, whose port nobody reaches', () => {
  it('makes blocks over the connections that it has made itself', async () => {
    const directory = temporaryDirectory();
    onTestFinished(() => directory.remove());
    onTestFinished(buildNat(spaces));
    const dir = join(directory.path, 'network');
    const init = ['network', 'init', '--dir', dir, '--validators', '2', ...others, '--address', outsideAddress];
    expect((await assay(init)).code).toBe(0);
    onTestFinished(async () => {
      await assay(['network', 'down', '--dir', dir]);
    });
    expect((await assay(['network', 'up', '--dir', dir], {}, within(spaces.outside))).code).toBe(0);
    const { invitation, genesisHash } = JSON.parse(readFileSync(join(dir, 'network.json'), 'utf8'));
    const args = [invitation, '--role', 'validator', '--data', join(directory.path, 'newcomer'), '--port', '0'];
    const joining = new Joining(args, within(spaces.inside));
    onTestFinished(() => void joining.process.kill('SIGKILL'));
    await joining.until(({ event }) => event === 'ready');
    const hash = fromHex(genesisHash) ?? new Uint8Array();
    const sealed = await eventually(async () => {
      const seal = await newestSeal(join(dir, 'validator-1'), hash);
      return seal.signers.includes(2) ? seal : null;
    });
    expect(sealed.signers.length).toBeGreaterThan(1);
    expect(await joining.end('SIGINT')).toBe(0);
  }, 240_000);
});
