import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '@assay/protocol';
import { encodeText, sha256 } from '@assay/ssz';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testChain } from '../chain.fixture.ts';
import { cometNodeId, type HomeOptions, writeHome } from './home.ts';

const { genesis, identity } = testChain({ blockTimeMs: 500 });
const nodeSeed = sha256(encodeText('a node'));

describe("CometBFT's home §18.12", () => {
  let dir = '';

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'assay-home-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const written = async (network: Partial<HomeOptions['network']> = {}, signer: string | null = '/s/signer') => {
    const sockets = { abci: '/s/abci', rpc: '/s/rpc', light: ['/s/light-0', '/s/light-1'], signer };
    const meeting = { listen: 'tcp://0.0.0.0:26656', peers: ['aa@h:1', 'bb@h:2'], ...network };
    const evidenceAge = { blocks: 50, ms: 7000 };
    await writeHome({ dir, genesis, identity, nodeSeed, network: meeting, sockets, evidenceAge });
    return readFileSync(join(dir, 'config/config.toml'), 'utf8').split('\n');
  };

  it('lets the application have the transactions, the node the keys, and nobody the RPC', async () => {
    const lines = await written();
    expect(lines).toEqual(
      expect.arrayContaining([
        'proxy_app = "unix:///s/abci"',
        'priv_validator_laddr = "unix:///s/signer"',
        'laddr = "unix:///s/rpc"',
        'laddr = "tcp://0.0.0.0:26656"',
        'persistent_peers = "aa@h:1,bb@h:2"',
        'pex = true',
        'type = "app"',
        `max_tx_bytes = ${limits.maxTransactionBytes + 1024}`,
        'reap_interval = "20ms"',
        'indexer = "null"',
        'enable = false',
        'block_time_tolerance = "2s"',
      ]),
    );
    expect(statSync(join(dir, 'config/node_key.json')).mode & 0o777).toBe(0o600);
    expect(cometNodeId(nodeSeed)).toMatch(/^[0-9a-f]{40}$/);
  });

  it('is that of a node without a key, or begun with a trusted block, when told to', async () => {
    expect(await written({}, null)).toContain('priv_validator_laddr = ""');
    const lines = await written({ trusted: { height: 7, hash: 'abcd', sources: [] }, isLocal: true });
    const servers = 'rpc_servers = "unix:///s/light-0,unix:///s/light-1"';
    const expected = ['enable = true', servers, 'trust_height = 7', 'trust_hash = "abcd"', 'pex = false'];
    expect(lines).toEqual(expect.arrayContaining(expected));
  });

  it('has room for those it is told of, and for two of one machine where they are', async () => {
    const apart = ['unconditional_peer_ids = "aa,bb"', 'allow_duplicate_ip = false'];
    expect(await written({ peers: ['aa@h:1', 'bb@i:1'] })).toEqual(expect.arrayContaining(apart));
    expect(await written({ peers: ['aa@h:1', 'aa@i:1'] })).toContain('allow_duplicate_ip = false');
    expect(await written({ peers: ['aa@h:1', 'bb@i:1', 'cc@h:2'] })).toContain('allow_duplicate_ip = true');
  });

  it('names the chain, begins when the genesis does, and leaves the validators to the state', async () => {
    await written();
    const begun = JSON.parse(readFileSync(join(dir, 'config/genesis.json'), 'utf8'));
    expect(begun).toMatchObject({ genesis_time: '2023-11-14T22:13:20.000Z', validators: [], app_hash: '' });
    expect(begun.chain_id).toMatch(/^test-[0-9a-f]{8}$/);
    const { block, evidence } = begun.consensus_params;
    expect(Number(block.max_bytes)).toBeGreaterThan(limits.maxBlockBytes);
    expect(evidence).toMatchObject({ max_age_num_blocks: '50', max_age_duration: '7000000000' });
  });
});
