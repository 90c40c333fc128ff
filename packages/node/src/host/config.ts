import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError } from '@assay/protocol';
import { z } from 'zod';
import { writeDurably } from '../store/durable-file.ts';
import { dataFiles } from './data-files.ts';
import { hostAndPort, multiaddrOf, placeIn } from './places.ts';

const address = z.string().regex(/^(\/[a-z0-9]+\/[^/\s]+)+$/, {
  error: ({ input }) => `"${String(input)}" is no address; one looks like /ip4/203.0.113.7/tcp/4020.`,
});
const addresses = z.array(address).max(8).default([]);
const peerId = z.string().regex(/^[0-9a-f]{64}$/, {
  error: ({ input }) => `"${String(input)}" is no peer: a public key in 64 hexadecimal digits.`,
});

const noMore = z.null('It is no more: see "Validators that come late" in docs/run-a-network.md.').optional();
const hash = z.string().regex(/^[0-9a-f]{64}$/, 'A hash has 64 hexadecimal digits.');

/** Where a key of this node is reached by others; nowhere for who only dials. */
const reach = {
  listen: addresses,
  /** What others are told instead, where a router stands between. */
  announce: addresses,
};

/** A node that serves the chain, and where it is found. */
export const Peer = z.strictObject({
  peer: peerId,
  addresses: addresses.refine((list) => list.length > 0, 'It has none.'),
});
export type Peer = z.infer<typeof Peer>;

/** Where CometBFT listens unless it is told otherwise. */
export const usualCometListen = 'tcp://0.0.0.0:26656';

const engine = z.discriminatedUnion('kind', [
  /** Makes the blocks itself, with the keys of its validators. */
  z.strictObject({ kind: z.literal('embedded') }),
  /** Takes blocks from its peers and checks them. */
  z.strictObject({
    kind: z.literal('follow'),
    /** Checks what the validators of a block have checked, once more. */
    verifyAll: z.boolean().default(false),
    /** A block to begin with, whose state is fetched; null: the genesis. */
    trusted: z
      .strictObject({ height: z.int().min(1), headerRoot: hash })
      .nullable()
      .default(null),
  }),
  /** Agrees with other validators, by CometBFT. */
  z.strictObject({
    kind: z.literal('cometbft'),
    /** The program; null: one that is found, or built. */
    binary: z.string().nullable().default(null),
    /** Where it listens for other validators, what they are told instead, and where these are: `ID@HOST:PORT`. */
    listen: z
      .string()
      .regex(/^tcp:\/\/\S+:\d{1,5}$/, 'It is written as tcp://0.0.0.0:26656.')
      .default(usualCometListen),
    announce: z.string().nullable().default(null),
    peers: z.array(z.string()).default([]),
    /** A block of CometBFT's that the operator trusts: an empty node begins with a later state; null: the genesis. */
    trusted: z
      .strictObject({ height: z.int().min(1), hash })
      .nullable()
      .default(null),
    /** Empty in every file that an earlier release wrote. */
    rpcListen: noMore,
    stateSync: noMore,
    /** Asks the peers of the node at each start where their CometBFTs are, too (§20.7). */
    asksPeers: z.boolean().default(false),
  }),
]);

/** Name of the key by which a node serves the chain to others. */
export const nodeKey = 'node';

/** Name of the key by which the validator of a key signs blocks. */
export const consensusKeyOf = (validatorKey: string) => validatorKey.replace(/^validator/, 'consensus');

/** What a node of a network is, as `config.json` of its data directory says. */
export const NodeConfig = z.strictObject({
  version: z.literal(1),
  engine,
  /** Of the node's own peer, which serves the chain to others. */
  ...reach,
  peers: z.array(Peer).default([]),
  roles: z
    .array(
      z.strictObject({
        kind: z.enum(['gateway', 'mixer', 'miner', 'oracle', 'validator']),
        /** Name of its key in the key file. */
        key: z.string(),
        /** Of a miner: the account that owns it, and its domain. */
        owner: z.string().nullable().default(null),
        domain: z.int().min(0).default(0),
        ...reach,
      }),
    )
    .default([]),
  api: z.strictObject({
    host: z.string().default('127.0.0.1'),
    port: z.int().min(0).max(65_535),
    origins: z.array(z.string()).default([]),
    hostNames: z.array(z.string()).default([]),
  }),
  /** What its miners serve with and its validators check with; null where it has neither. */
  backend: z
    .discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('file'),
        /** A GGUF file, or a name of the catalogue; null: the default model. */
        model: z.string().nullable().default(null),
        threads: z.int().min(1).nullable().default(null),
      }),
      z.strictObject({
        kind: z.literal('upstream'),
        url: z.url(),
        /** One of the server's models; null: the first it lists. */
        model: z.string().nullable().default(null),
        /** The registered model, a file or a name of the catalogue; null: answers are text alone. */
        file: z.string().nullable().default(null),
      }),
    ])
    .nullable()
    .default(null),
  /** Gives units to whoever joins a network for trials, from a key of this node; null: nobody gets any. */
  faucet: z
    .strictObject({
      key: z.string(),
      /** Base units that an address gets, once. */
      amountUnits: z.string().regex(/^[1-9]\d{0,18}$/, 'An amount is a number of base units, as text.'),
    })
    .nullable()
    .default(null),
  /** Tasks that each of its miners runs at once. */
  concurrency: z.int().min(1).max(1024).default(2),
});
export type NodeConfig = z.infer<typeof NodeConfig>;

/** The configuration of a data directory. Throws AssayError CONFIG_UNUSABLE, which says where and why. */
export async function readNodeConfig(dataDir: string): Promise<NodeConfig> {
  const path = join(dataDir, dataFiles.config);
  try {
    return NodeConfig.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new AssayError('CONFIG_UNUSABLE', `${path}: ${problemOf(cause)}`, { cause });
  }
}

export function writeNodeConfig(dataDir: string, config: z.input<typeof NodeConfig>): Promise<void> {
  const text = JSON.stringify(NodeConfig.parse(config), null, 2);
  return writeDurably(join(dataDir, dataFiles.config), `${text}\n`, 0o600);
}

function problemOf(cause: unknown): string {
  if (cause instanceof z.ZodError) {
    return cause.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`).join(' ');
  }
  if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return 'it is not there; `assay join` makes one.';
  return `${(cause as Error).message}.`;
}

/** Every place at which a node listens, for others and for its own machine, as multiaddresses. */
export function listenedAt({ listen, roles, engine, api }: NodeConfig): string[] {
  const comet = engine.kind === 'cometbft' ? engine.listen : null;
  return placesOf([...listen, ...roles.flatMap((role) => role.listen)], { comet, api });
}

/** The same for a node that is to be: `comet` is `tcp://HOST:PORT`, or null. */
export function placesOf(
  listen: readonly string[],
  { comet, api }: { readonly comet: string | null; readonly api: { readonly host: string; readonly port: number } },
): string[] {
  const others = [
    ...(comet === null ? [] : [comet.replace('tcp://', '')]),
    ...(api.port === 0 ? [] : [hostAndPort(api.host, api.port)]),
  ];
  const places = others.flatMap((text) => placeIn(text, 0) ?? []);
  return [...listen, ...places.map(({ address, port }) => multiaddrOf(address, port))];
}
