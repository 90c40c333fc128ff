import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { genesisHash } from '@assay/ledger';
import { toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { devnetParams } from '../devnet/genesis.ts';
import { readNodeConfig } from '../host/config.ts';
import { readGenesisFile } from '../host/genesis-file.ts';
import { parseInvitation } from '../host/invitation.ts';
import { openKeystore } from '../keys/keystore.ts';
import { newDirectory } from '../store/directory.fixture.ts';
import { readNetworkFile } from './network-file.ts';
import { type WriteOptions, writeNetwork } from './write-network.ts';

const options: Omit<WriteOptions, 'dir'> = {
  shape: {
    counts: { validators: 2, mixers: 2, miners: 1, oracles: 1, gateways: 1 },
    engine: 'embedded',
    hosts: [{ name: 'here', address: '127.0.0.1' }],
    firstPort: 4100,
    hasFaucet: true,
  },
  chainId: 'assay-test',
  model: { name: 'Small', fileHash: new Uint8Array(32).fill(5), contextTokens: 512, t1ThresholdPpb: 1 },
  profiles: [],
  backend: { kind: 'file', model: null, threads: null },
  concurrency: 2,
  params: devnetParams,
  timeMs: 1_700_000_000_000,
  passphrase: 'test',
  isSplit: false,
};
const keysIn = async (dir: string, passphrase = 'test') =>
  (await openKeystore(join(dir, 'keys.json'), passphrase, [])).names().map(({ name }) => name);

describe('a network that is written §20.4', () => {
  it('has one genesis, keys where they are needed and nowhere else, and the cold ones apart', async () => {
    const dir = await newDirectory();
    const network = await writeNetwork({ ...options, dir });
    expect(await readNetworkFile(dir)).toEqual(network);
    const hashes = new Set<string>();
    const seen: string[] = [];
    for (const node of network.nodes) {
      const place = join(dir, node.dir);
      const genesis = await readGenesisFile(join(place, 'genesis.json'));
      if (genesis === null) throw new Error('there is a genesis');
      hashes.add(toHex(genesisHash(genesis)));
      seen.push(...(await keysIn(place)));
      expect((await stat(place)).mode & 0o777).toBe(0o700);
    }
    expect([...hashes]).toEqual([network.genesisHash]);
    const own = seen.filter((name) => name !== 'node');
    expect(new Set(own).size).toBe(own.length);
    const cold = await keysIn(join(dir, 'cold'));
    expect(cold.toSorted()).toEqual(['creator', 'foundation', 'owner-1', 'payer']);
    expect(own.filter((name) => cold.includes(name))).toEqual([]);
    await expect(keysIn(join(dir, 'cold'), 'another')).rejects.toMatchObject({ code: 'KEYS_LOCKED' });
    await expect(writeNetwork({ ...options, dir })).rejects.toMatchObject({ code: 'CONFIG_UNUSABLE' });
  });

  it('tells every node where the chain is to be had, and newcomers of the faucet first', async () => {
    const dir = await newDirectory();
    const { nodes, invitation, genesisHash: hash } = await writeNetwork({ ...options, dir });
    const configOf = (name: string) => readNodeConfig(join(dir, nodes.find((node) => node.name === name)?.dir ?? ''));
    const [chain, mixer, miner, gateway] = [
      await configOf('chain'),
      await configOf('mixer-1'),
      await configOf('miner-1'),
      await configOf('gateway-1'),
    ];
    expect([chain.engine.kind, mixer.engine.kind, miner.listen]).toEqual(['embedded', 'follow', []]);
    expect(mixer.peers.map(({ addresses }) => addresses)).toEqual([chain.listen, gateway.listen]);
    expect(gateway.faucet?.key).toBe('faucet');
    const read = parseInvitation(invitation);
    expect(toHex(read.genesisHash)).toBe(hash);
    expect(read.peers.map(({ addresses }) => addresses[0])).toEqual([gateway.listen[0], chain.listen[0]]);
    const owner = miner.roles[0]?.owner;
    const cold = await openKeystore(join(dir, 'cold', 'keys.json'), 'test', []);
    expect(owner).toContain('assay1');
    expect(cold.names().map(({ name }) => name)).toContain('owner-1');
  });

  it('has a directory a machine, with what its operator needs and nothing of the others', async () => {
    const dir = await newDirectory();
    const hosts = [
      { name: 'berlin', address: '203.0.113.7' },
      { name: 'oslo', address: 'node.example' },
    ];
    const shape = { ...options.shape, engine: 'cometbft' as const, hosts };
    const network = await writeNetwork({ ...options, dir, shape, isSplit: true });
    const berlin = network.nodes.filter(({ host }) => host === 'berlin').map(({ name }) => name);
    expect(berlin).toContain('validator-1');
    const entries = await readdir(join(dir, 'berlin'));
    expect(entries.toSorted()).toEqual([...berlin, 'README.md', 'compose.yaml', 'systemd'].toSorted());
    const units = await readdir(join(dir, 'berlin', 'systemd'));
    expect(units.toSorted()).toEqual(berlin.map((name) => `assay-${name}.service`).toSorted());
    const unit = await readFile(join(dir, 'berlin', 'systemd', 'assay-validator-1.service'), 'utf8');
    expect(unit).toContain('assay run --data /var/lib/assay/validator-1');
    const readme = await readFile(join(dir, 'berlin', 'README.md'), 'utf8');
    for (const name of berlin) expect(readme).toContain(`| ${name} |`);
    expect(readme).toContain('ASSAY_COMETBFT');
    const config = await readNodeConfig(join(dir, 'berlin', 'validator-1'));
    expect(config.announce).toEqual(['/ip4/203.0.113.7/tcp/4101']);
    expect(config.listen).toEqual(['/ip4/0.0.0.0/tcp/4101']);
    if (config.engine.kind !== 'cometbft') throw new Error('it makes blocks with others');
    expect(config.engine.peers).toEqual([expect.stringMatching(/^[0-9a-f]{40}@node\.example:\d+$/)]);
    expect([config.engine.listen, config.engine.announce]).toEqual(['tcp://0.0.0.0:4103', '203.0.113.7:4103']);
    // Not by its name: CometBFT would not start while that is not found.
    const oslo = await readNodeConfig(join(dir, 'oslo', 'validator-2'));
    expect(oslo.engine).toMatchObject({ kind: 'cometbft', announce: null });
  });
});
