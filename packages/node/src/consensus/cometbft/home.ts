import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChainIdentity, cometAddress, cometChainId, type Genesis, limits } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { Ed25519Signer } from '../../crypto/signers.ts';
import { writeDurably } from '../../store/durable-file.ts';
import type { LightSource } from './light-service.ts';
import type { EvidenceAge } from './retention.ts';

/** A trusted block of CometBFT, after which a new node begins with a state (§18.9). */
export interface TrustedComet {
  readonly height: number;
  /** Hexadecimal. */
  readonly hash: string;
  /** Who says what the light client asks: two, which it holds against each other. */
  readonly sources: readonly LightSource[];
}

/** Where a CometBFT meets others. */
export interface CometNetwork {
  /** Where it listens for its like: `tcp://host:port`. */
  readonly listen: string;
  /** What others are told to dial, `host:port`; when absent what it sees of itself. */
  readonly externalAddress?: string | undefined;
  /** Nodes it stays connected with, `id@host:port`. */
  readonly peers: readonly string[];
  /** Nodes it asks for others, `id@host:port`. */
  readonly seeds?: readonly string[];
  /** For a network of one machine: addresses of its own, and several nodes behind one. */
  readonly isLocal?: boolean;
  /** When absent it begins with the genesis. */
  readonly trusted?: TrustedComet | undefined;
}

export interface CometSockets {
  readonly abci: string;
  readonly rpc: string;
  /** Two, at which the light client asks. */
  readonly light: readonly string[];
  /** Null for a node that makes no blocks. */
  readonly signer: string | null;
}

export interface HomeOptions {
  readonly dir: string;
  readonly genesis: Genesis;
  readonly identity: ChainIdentity;
  /** 32 secret bytes: the node's own key among its like. */
  readonly nodeSeed: Uint8Array;
  readonly network: CometNetwork;
  readonly sockets: CometSockets;
  /** The same at all nodes of a network. */
  readonly evidenceAge: EvidenceAge;
}

type Value = string | number | boolean;
type Section = Readonly<Record<string, Value>>;

/** What a block of CometBFT holds besides its transactions: header, commit, evidence. */
const blockFrameBytes = 64 * 1024;
/** Largest gossiped bundle of transactions, and its frame. */
const maxBundleBytes = limits.maxTransactionBytes + 1024;
const bytesPerSecond = 20 * 1024 * 1024;

/** The name by which other nodes dial the one with this key. */
export function cometNodeId(nodeSeed: Uint8Array): string {
  return toHex(cometAddress(new Ed25519Signer(nodeSeed).publicKey));
}

/** Writes what CometBFT reads at its start; what it wrote itself stays. */
export async function writeHome(options: HomeOptions): Promise<void> {
  const { dir, nodeSeed } = options;
  for (const part of ['config', 'data']) await mkdir(join(dir, part), { recursive: true, mode: 0o700 });
  const write = (name: string, content: string) => writeDurably(join(dir, 'config', name), content, 0o600);
  await write('config.toml', tomlOf(configOf(options)));
  await write('genesis.json', `${JSON.stringify(genesisOf(options), null, 2)}\n`);
  const { publicKey } = new Ed25519Signer(nodeSeed);
  const value = Buffer.concat([nodeSeed, publicKey]).toString('base64');
  await write('node_key.json', `${JSON.stringify({ priv_key: { type: 'tendermint/PrivKeyEd25519', value } })}\n`);
}

function genesisOf({ genesis, identity, evidenceAge }: HomeOptions): object {
  const { timeMs } = genesis;
  const { blocks, ms } = evidenceAge;
  return {
    genesis_time: new Date(timeMs).toISOString(),
    chain_id: cometChainId(identity),
    initial_height: '1',
    consensus_params: {
      block: { max_bytes: `${limits.maxBlockBytes + blockFrameBytes}`, max_gas: '-1' },
      evidence: { max_age_num_blocks: `${blocks}`, max_age_duration: `${ms}000000`, max_bytes: '16384' },
      validator: { pub_key_types: ['ed25519'] },
      version: { app: '1' },
      abci: { vote_extensions_enable_height: '0' },
    },
    // §18.6 The state says who they are.
    validators: [],
    app_hash: '',
    app_state: { genesisHash: toHex(identity.genesisHash) },
  };
}

function configOf({ genesis, network, sockets }: HomeOptions): Readonly<Record<string, Section>> {
  const { blockTimeMs } = genesis.params;
  const { isLocal = false, seeds = [], externalAddress = '', trusted } = network;
  return {
    '': {
      proxy_app: `unix://${sockets.abci}`,
      priv_validator_laddr: sockets.signer === null ? '' : `unix://${sockets.signer}`,
      log_level: 'error',
      log_format: 'json',
    },
    rpc: { laddr: `unix://${sockets.rpc}`, pprof_laddr: '', max_body_bytes: 1024 * 1024 },
    p2p: {
      laddr: network.listen,
      external_address: externalAddress,
      persistent_peers: network.peers.join(','),
      seeds: seeds.join(','),
      pex: !isLocal,
      addr_book_strict: !isLocal,
      // Where those it is told of share a machine; elsewhere one machine does not take all room for strangers.
      allow_duplicate_ip: isLocal || shareMachines(network.peers),
      unconditional_peer_ids: network.peers.map((peer) => peer.split('@')[0]).join(','),
      persistent_peers_max_dial_period: '5s',
      send_rate: bytesPerSecond,
      recv_rate: bytesPerSecond,
    },
    mempool: { type: 'app', max_tx_bytes: maxBundleBytes, reap_interval: '20ms', seen_cache_size: 100_000 },
    statesync: {
      enable: trusted !== undefined,
      rpc_servers: sockets.light.map((path) => `unix://${path}`).join(','),
      trust_height: trusted?.height ?? 0,
      trust_hash: trusted?.hash ?? '',
      trust_period: '336h0m0s',
      discovery_time: '5s',
    },
    consensus: {
      timeout_propose: `${2 * blockTimeMs + 1000}ms`,
      timeout_propose_delta: '500ms',
      timeout_prevote: '500ms',
      timeout_prevote_delta: '250ms',
      timeout_precommit: '500ms',
      timeout_precommit_delta: '250ms',
      timeout_commit: `${blockTimeMs}ms`,
      // §2.10
      block_time_tolerance: '2s',
    },
    storage: { discard_abci_responses: true },
    tx_index: { indexer: 'null' },
  };
}

function tomlOf(sections: Readonly<Record<string, Section>>): string {
  return Object.entries(sections)
    .map(([name, section]) => {
      const lines = Object.entries(section).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
      return `${[...(name === '' ? [] : [`[${name}]`]), ...lines].join('\n')}\n`;
    })
    .join('\n');
}

/** Whether two nodes, `id@host:port`, have one host. */
function shareMachines(peers: readonly string[]): boolean {
  const hosts = new Map(peers.map((peer) => [peer.split('@')[0], peer.replace(/^.*@|:\d+$/g, '')]));
  return new Set(hosts.values()).size < hosts.size;
}
