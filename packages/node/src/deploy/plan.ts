import { AssayError } from '@assay/protocol';
import { names, type RoleCounts } from '../devnet/genesis.ts';
import type { RoleSpec } from '../host/build-roles.ts';
import type { KeyName } from '../keys/keystore.ts';

/** A machine that some of the nodes run on. */
export interface HostPlace {
  /** Of its directory. */
  readonly name: string;
  /** An IP address, or a name that resolves. */
  readonly address: string;
}

export interface NetworkShape {
  readonly counts: RoleCounts;
  /** `embedded`: one node has the consensus keys of all validators and makes the blocks. */
  readonly engine: 'embedded' | 'cometbft';
  readonly hosts: readonly HostPlace[];
  /** First port of each machine; every node has ten of its own. */
  readonly firstPort: number;
  /** For a network whose units are worth nothing. */
  readonly hasFaucet: boolean;
}

/** A node: one process with one data directory. */
export interface PlannedNode {
  readonly name: string;
  readonly host: HostPlace;
  readonly engine: 'embedded' | 'cometbft' | 'follow';
  readonly roles: readonly { readonly kind: RoleSpec['kind']; readonly key: string }[];
  /** All that its key file holds, besides the key of the node itself. */
  readonly keys: readonly KeyName[];
  /** Where it is found; `peer` serves the chain, `role` is its role's own, `comet` is CometBFT's. */
  readonly ports: { readonly api: number; readonly peer: number; readonly role: number; readonly comet: number };
  /** Whether others dial it, rather than it them. */
  readonly isReached: boolean;
  /** Whether it computes: a miner serves, a validator checks. */
  readonly hasBackend: boolean;
  readonly hasFaucet: boolean;
}

/** Of the keys that nobody needs while the network runs: they lie in a directory of their own. */
export function coldKeys({ miners }: RoleCounts): KeyName[] {
  const owners = Array.from({ length: miners }, (_, i) => names.owner(i));
  return [names.foundation, names.creator, names.payer, ...owners].map((name) => ({ name, bls: false }));
}

/** Ports of one machine that each of its nodes has. */
export const portsPerNode = 10;
/** Ports that browsers and `fetch` refuse to ask (https://fetch.spec.whatwg.org/#port-blocking). */
const blockedPorts = [
  ...[1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000],
  ...[6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080],
];

/** Of a node with the ports from `base` on. */
const apiPort = (base: number) => (blockedPorts.includes(base) ? base + 4 : base);

/** Of what a network may have here; more is another way to set one up. */
const mostNodes = 400;

/** Which node runs what, and where: a node a role. Throws AssayError INVALID_REQUEST when that is no network. */
export function planNetwork(shape: NetworkShape): PlannedNode[] {
  const { counts, hosts, firstPort } = shape;
  requireShape(shape);
  const taken = new Map<string, number>();
  return withoutPlaces(shape).map(({ at, ...node }) => {
    const host = hosts[at % hosts.length] as HostPlace;
    const before = taken.get(host.name) ?? 0;
    taken.set(host.name, before + 1);
    const base = firstPort + before * portsPerNode;
    const hasFaucet = shape.hasFaucet && node.name === (counts.gateways > 0 ? names.gateway : names.mixer(0));
    const keys = hasFaucet ? [...node.keys, plain(names.faucet)] : node.keys;
    return {
      ...node,
      keys,
      hasFaucet,
      host,
      ports: { api: apiPort(base), peer: base + 1, role: base + 2, comet: base + 3 },
    };
  });
}

function requireShape({ counts, hosts, firstPort }: NetworkShape): void {
  const refuse = (sentence: string) => new AssayError('INVALID_REQUEST', sentence);
  if (counts.validators === 0 || counts.mixers === 0) throw refuse('A network has a validator and a mixer, or more.');
  if (hosts.length === 0) throw refuse('A network runs on one machine or more.');
  if (new Set(hosts.map(({ name }) => name)).size < hosts.length) throw refuse('Two machines have one name.');
  const nodes = Object.values(counts).reduce((sum, count) => sum + count, 1);
  if (nodes > mostNodes) throw refuse(`That is ${nodes} nodes, and the most set up here is ${mostNodes}.`);
  const last = firstPort + nodes * portsPerNode;
  if (last > 65_535) throw refuse(`${nodes} nodes from port ${firstPort} on would need ports up to ${last}.`);
}

type Unplaced = Omit<PlannedNode, 'host' | 'ports' | 'hasFaucet'> & { readonly at: number };

/** The nodes in the order in which they are started: who makes blocks first, who depends on others last. */
function withoutPlaces({ counts, engine }: NetworkShape): Unplaced[] {
  const isComet = engine === 'cometbft';
  const chain: Unplaced = {
    name: 'chain',
    at: 0,
    engine: 'embedded',
    roles: [],
    keys: Array.from({ length: counts.validators }, (_, i) => plain(names.consensus(i))),
    isReached: true,
    hasBackend: false,
  };
  const each = (kind: RoleSpec['kind'], nameOf: (i: number) => string, more: (i: number) => Partial<Unplaced>) =>
    Array.from({ length: counts[`${kind}s`] }, (_, i): Unplaced => {
      const [name, { keys = [], ...rest }] = [nameOf(i), more(i)];
      const own = { name, bls: kind === 'mixer' };
      const node = { name, at: i, engine: 'follow', isReached: false, hasBackend: false, ...rest } as const;
      return { ...node, roles: [{ kind, key: name }], keys: [own, ...keys] };
    });
  const validators = each('validator', names.validator, (i) => {
    return isComet ? { engine, isReached: true, hasBackend: true, keys: [plain(names.consensus(i))] } : computing;
  });
  return [
    ...(isComet ? validators : [chain]),
    ...each('mixer', names.mixer, () => ({ isReached: true })),
    ...each('oracle', names.oracle, () => ({})),
    ...(isComet ? [] : validators),
    ...each('gateway', names.nthGateway, (i) => ({ isReached: true, keys: [plain(names.nthSession(i))] })),
    ...each('miner', names.miner, () => computing),
  ];
}

const computing = { hasBackend: true };

const plain = (name: string): KeyName => ({ name, bls: false });
