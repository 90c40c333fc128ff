import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { genesisHash } from '@assay/ledger';
import { AssayError, addressText, type Genesis, type Params } from '@assay/protocol';
import { peerIdOf } from '@assay/roles/ports/network';
import { toHex } from '@assay/ssz';
import type { z } from 'zod';
import { cometNodeId } from '../consensus/cometbft/home.ts';
import { devnetGenesis, names } from '../devnet/genesis.ts';
import type { RegisteredModel } from '../host/backend.ts';
import { cometSeed } from '../host/comet-seed.ts';
import { type NodeConfig, nodeKey, type Peer, writeNodeConfig } from '../host/config.ts';
import { dataFiles } from '../host/data-files.ts';
import { writeGenesisFile } from '../host/genesis-file.ts';
import { invitationText } from '../host/invitation.ts';
import { hostAndPort, multiaddrOf } from '../host/places.ts';
import { type Keystore, openKeystore } from '../keys/keystore.ts';
import type { ModelProfile } from '../models/profiles.ts';
import { writeDurably } from '../store/durable-file.ts';
import { coldDirectory, type NetworkFile, writeNetworkFile } from './network-file.ts';
import { coldKeys, type NetworkShape, type PlannedNode, planNetwork } from './plan.ts';
import { composeFile, hostReadme, systemdUnit, type UnitNode } from './units.ts';

export interface WriteOptions {
  /** Empty, or not there. */
  readonly dir: string;
  readonly shape: NetworkShape;
  readonly chainId: string;
  readonly model: RegisteredModel;
  readonly profiles: readonly ModelProfile[];
  /** What miners serve with and validators check with. */
  readonly backend: z.input<typeof NodeConfig>['backend'];
  /** Tasks that each miner runs at once. */
  readonly concurrency: number;
  readonly params: Params;
  /** Unix time of the genesis. */
  readonly timeMs: number;
  /** Of every key file. */
  readonly passphrase: string;
  /** Whether each machine has a directory of its own, with what its operator needs. */
  readonly isSplit: boolean;
}

interface Made {
  readonly node: PlannedNode;
  readonly keys: Keystore;
  /** Below that of the network. */
  readonly dir: string;
}

const unit = 1_000_000_000n;
/** What a faucet has, and gives: the deposit of any role of the default parameters, and fees. */
const faucetUnits = 1_100_000n * unit;
const faucetAmountUnits = 11_000n * unit;
/** What each role of the genesis has for fees, as it says where it is reached. */
const feesUnits = 10n * unit;

/**
 * Writes a network: one genesis, a data directory a node with its keys alone, the cold keys apart, an invitation.
 * Throws AssayError CONFIG_UNUSABLE when something is there.
 */
export async function writeNetwork(options: WriteOptions): Promise<NetworkFile> {
  const { dir, shape, passphrase } = options;
  const planned = planNetwork(shape);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if ((await readdir(dir)).length > 0) {
    throw new AssayError('CONFIG_UNUSABLE', `${dir} is not empty: a network is set up in a directory of its own.`);
  }
  const made: Made[] = [];
  for (const node of planned) {
    const place = options.isSplit ? join(node.host.name, node.name) : node.name;
    await mkdir(join(dir, place), { recursive: true, mode: 0o700 });
    const wanted = [{ name: nodeKey, bls: false }, ...node.keys];
    made.push({ node, dir: place, keys: await openKeystore(join(dir, place, dataFiles.keys), passphrase, wanted) });
  }
  await mkdir(join(dir, coldDirectory), { mode: 0o700 });
  const cold = await openKeystore(join(dir, coldDirectory, dataFiles.keys), passphrase, coldKeys(shape.counts));
  const genesis = genesisOf(options, [cold, ...made.map(({ keys }) => keys)]);
  const owners = new Map(
    Array.from({ length: shape.counts.miners }, (_, i) => [names.miner(i), cold.account(names.owner(i)).address]),
  );
  for (const each of made) await writeNode(options, each, { genesis, made, owners });
  await writeGenesisFile(join(dir, coldDirectory, dataFiles.genesis), genesis);
  const network = networkOf(options, made, genesis);
  await writeDeployment(options, made);
  await writeNetworkFile(dir, network);
  return network;
}

/** Keys are found wherever they lie. */
function genesisOf(
  { shape, chainId, model, profiles, params, timeMs }: WriteOptions,
  stores: readonly Keystore[],
): Genesis {
  const holding = (name: string) => {
    const store = stores.find((each) => each.has(name));
    if (store === undefined) throw new AssayError('INTERNAL', `No key file has the key "${name}".`);
    return store;
  };
  const keys = {
    account: (name: string) => holding(name).account(name),
    committee: (name: string) => holding(name).committee(name),
  };
  const faucet = shape.hasFaucet ? { faucetUnits } : {};
  return devnetGenesis(keys, { ...shape.counts, ...faucet, feesUnits, model, profiles, chainId, params, timeMs });
}

interface Whole {
  readonly genesis: Genesis;
  readonly made: readonly Made[];
  /** Of each miner, by the name of its key. */
  readonly owners: ReadonlyMap<string, Uint8Array>;
}

async function writeNode(options: WriteOptions, each: Made, whole: Whole): Promise<void> {
  const path = join(options.dir, each.dir);
  // No block was signed with these keys: a start may begin the chain.
  await writeDurably(join(path, dataFiles.beginning), 'no block yet\n', 0o600);
  await writeGenesisFile(join(path, dataFiles.genesis), whole.genesis);
  await writeNodeConfig(path, configOf(options, each, whole));
}

function configOf(options: WriteOptions, { node, keys }: Made, { made, owners }: Whole): z.input<typeof NodeConfig> {
  const { backend, concurrency } = options;
  const roles = node.roles.map(({ kind, key }) => {
    const owner = owners.get(key);
    const place = node.isReached && kind !== 'validator' ? reach(node, node.ports.role) : {};
    return { kind, key, ...place, ...(owner === undefined ? {} : { owner: addressText(owner) }) };
  });
  return {
    version: 1,
    engine: engineOf(node, made),
    ...(node.isReached ? reach(node, node.ports.peer) : {}),
    peers: peersOf(made, peerIdOf(keys.account(nodeKey))),
    roles,
    api: { port: node.ports.api },
    backend: node.hasBackend ? backend : null,
    faucet: node.hasFaucet ? { key: names.faucet, amountUnits: String(faucetAmountUnits) } : null,
    concurrency,
  };
}

/** Loopback stays on its machine; anything else is listened for on all of its addresses. */
function reach({ host }: PlannedNode, port: number): { listen: string[]; announce: string[] } {
  const own = multiaddrOf(host.address, port);
  if (isLoopback({ host })) return { listen: [own], announce: [] };
  return { listen: [multiaddrOf(host.address.includes(':') ? '::' : '0.0.0.0', port)], announce: [own] };
}

const isLoopback = ({ host }: Pick<PlannedNode, 'host'>) => host.address === '127.0.0.1';

function engineOf(node: PlannedNode, made: readonly Made[]): z.input<typeof NodeConfig>['engine'] {
  if (node.engine !== 'cometbft') return { kind: node.engine };
  const { address } = node.host;
  const others = made.filter((other) => other.node.engine === 'cometbft' && other.node !== node);
  return {
    kind: 'cometbft',
    listen: `tcp://${isLoopback(node) ? '127.0.0.1' : '0.0.0.0'}:${node.ports.comet}`,
    // CometBFT does not start while a name of its own is not found.
    announce: isLoopback(node) || isIP(address) === 0 ? null : hostAndPort(address, node.ports.comet),
    peers: others.map(({ node: { host, ports }, keys }) => {
      return `${cometNodeId(cometSeed(keys.account(nodeKey)))}@${hostAndPort(host.address, ports.comet)}`;
    }),
  };
}

/** Where the chain is to be had: who makes its blocks, then the gateway of newcomers. */
function peersOf(made: readonly Made[], own: string): Peer[] {
  const serving = made.filter(({ node }) => node.engine !== 'follow').slice(0, 6);
  const front = made.filter(({ node }) => node.hasFaucet && node.engine === 'follow');
  return [...serving, ...front].flatMap(({ node, keys }) => {
    const peer = peerIdOf(keys.account(nodeKey));
    return peer === own ? [] : [{ peer, addresses: [multiaddrOf(node.host.address, node.ports.peer)] }];
  });
}

function networkOf({ chainId, isSplit }: WriteOptions, made: readonly Made[], genesis: Genesis): NetworkFile {
  const hash = genesisHash(genesis);
  // Who has the faucet first: newcomers ask in this order.
  const peers = peersOf(made, '').reverse();
  return {
    version: 1,
    chainId,
    genesisHash: toHex(hash),
    invitation: invitationText({ chainId, genesisHash: hash, peers, trusted: null }),
    nodes: made.map(({ node, dir }) => ({
      name: node.name,
      dir,
      host: isSplit ? node.host.name : null,
      roles: node.roles.map(({ kind }) => kind),
    })),
  };
}

async function writeDeployment({ dir, isSplit, shape, chainId }: WriteOptions, made: readonly Made[]): Promise<void> {
  if (!isSplit) {
    await writeFile(join(dir, 'compose.yaml'), composeFile(made.map((each) => ({ ...unitOf(each), dir: each.dir }))));
    return;
  }
  for (const host of shape.hosts) {
    const own = made.filter(({ node }) => node.host === host);
    if (own.length === 0) continue;
    const place = join(dir, host.name);
    await mkdir(join(place, 'systemd'));
    await writeFile(join(place, 'README.md'), hostReadme(host, own.map(unitOf), { chainId }));
    await writeFile(
      join(place, 'compose.yaml'),
      composeFile(own.map((each) => ({ ...unitOf(each), dir: each.node.name }))),
    );
    for (const each of own) {
      await writeFile(join(place, 'systemd', `assay-${each.node.name}.service`), systemdUnit(unitOf(each)));
    }
  }
}

function unitOf({ node }: Made): UnitNode {
  const { ports, isReached, engine } = node;
  const dialled = isReached
    ? [ports.peer, ...(node.roles.some(({ kind }) => kind !== 'validator') ? [ports.role] : [])]
    : [];
  const openPorts = [...dialled, ...(engine === 'cometbft' ? [ports.comet] : [])];
  const hasComet = engine === 'cometbft';
  return { name: node.name, roles: node.roles.map(({ kind }) => kind), openPorts, apiPort: ports.api, hasComet };
}
