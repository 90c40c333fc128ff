import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeCondition } from '@assay/client';
import { genesisHash, type LedgerView } from '@assay/ledger';
import { AssayError, addressText, type Genesis } from '@assay/protocol';
import type { Chain, Engine } from '@assay/roles/ports/chain';
import type { Endpoint } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { FollowEngine } from '../consensus/follow/index.ts';
import { TransactionSender } from '../consensus/sender.ts';
import { useNativeHasher } from '../crypto/hasher.ts';
import { ApiKeyFile } from '../keys/api-keys.ts';
import type { KeyRing } from '../keys/keyring.ts';
import type { KeyName } from '../keys/keystore.ts';
import { Shelf } from '../models/shelf.ts';
import { tradeModels, withShelf } from '../models/trade.ts';
import { realRuntime } from '../runtime/real.ts';
import { diskFailure, isFull } from '../store/failures.ts';
import { openStore, type Store } from '../store/store.ts';
import { type ModelFile, openBackend, type RegisteredModel, type Serving } from './backend.ts';
import type { RoleSpec, Workers } from './build-roles.ts';
import { Closing } from './closing.ts';
import { indexOf, type OwnRole } from './condition.ts';
import { consensusKeyOf, type NodeConfig, nodeKey, readNodeConfig } from './config.ts';
import { mayBeginAgain, requireWhole } from './data-directory.ts';
import { dataFiles } from './data-files.ts';
import { openEngine } from './engines.ts';
import { Faucet } from './faucet.ts';
import { readGenesisFile } from './genesis-file.ts';
import { joinNetwork } from './join-network.ts';
import { startNode } from './node.ts';
import { publishNodeFile } from './node-file.ts';
import { openKeyRing, openLog, takeDirectory } from './open-directory.ts';

export interface RunOptions {
  readonly dataDir: string;
  /** Finds the model that the configuration names, fetching it where need be. */
  readonly modelOf: (name: string | null) => Promise<ModelFile>;
  /** What is being done, for a person who waits. */
  readonly onProgress: (line: string) => void;
  /** Done once the chain is current, before the roles start: what registers them. */
  readonly prepare?: (parts: Prepared) => Promise<void>;
}

/** What the roles of a node serve and check with. */
export interface Served extends Workers {
  /** Null where none of them does either. */
  readonly model: RegisteredModel | null;
}

/** The same, open; null where no file can be opened in its engine. */
interface Opened extends Served {
  readonly open: Serving['open'] | null;
  close(): Promise<void>;
}

/** What the registration of a node's roles works with. */
export interface Prepared {
  readonly chain: Chain;
  readonly keys: KeyRing;
  readonly config: NodeConfig;
  readonly serving: Served;
  readonly genesis: Genesis;
  /** Of the node's own key in the network. */
  readonly endpoint: Endpoint;
  readonly runtime: Runtime;
}

export interface RunningProcess {
  readonly apiUrl: string;
  readonly chain: Chain;
  readonly condition: () => NodeCondition;
  /** Resolves once its roles run. Rejects with what kept them from it. */
  readonly ready: Promise<void>;
  /** Resolves with the reason when it cannot go on; never rejects. */
  readonly failed: Promise<Error>;
  stop(): Promise<void>;
}

/** The keys that a node needs in its key file. */
export function keysOfNode({ roles, engine, faucet }: Pick<NodeConfig, 'roles' | 'engine' | 'faucet'>): KeyName[] {
  const ofRoles = roles.map(({ kind, key }) => ({ name: key, bls: kind === 'mixer' }));
  const consensus = roles.flatMap(({ kind, key }) =>
    kind === 'validator' && engine.kind === 'cometbft' ? [{ name: consensusKeyOf(key), bls: false }] : [],
  );
  const ofFaucet = faucet === null ? [] : [{ name: faucet.key, bls: false }];
  return [{ name: nodeKey, bls: false }, ...ofRoles, ...consensus, ...ofFaucet];
}

/** Runs the node of a data directory, as its `config.json` says. Rejects with what keeps it from that. */
export async function runNode(options: RunOptions): Promise<RunningProcess> {
  const closing = new Closing();
  try {
    return await boot(options, closing);
  } catch (error) {
    await closing.close().catch(() => {});
    throw isFull(error) ? diskFailure(options.dataDir, error) : error;
  }
}

async function boot(options: RunOptions, closing: Closing): Promise<RunningProcess> {
  useNativeHasher();
  const { dataDir, onProgress, prepare = async () => {} } = options;
  takeDirectory(dataDir, onProgress, closing);
  const config = await readNodeConfig(dataDir);
  requireWhole(dataDir, { newChain: mayBeginAgain(config, dataDir) });
  const log = openLog(dataDir, closing);
  const genesis = await genesisOf(dataDir);
  const keys = await openKeyRing(dataDir, keysOfNode(config));
  const own = keys.named.account(nodeKey);
  const apiKeysPath = join(dataDir, dataFiles.apiKeys);
  await ApiKeyFile.begin(apiKeysPath);
  // Loaded while the chain is opened: consensus may be waiting for this validator.
  const serving = servingOf(config, genesis, options);
  // Heard of below, by who waits for it.
  serving.catch(() => {});
  closing.add(async () => (await serving.catch(() => null))?.close());
  const dir = join(dataDir, dataFiles.chain);
  const secret = own.secretFor('what roles remember');
  const store = await openStore({ dir, genesisHash: genesisHash(genesis), secret, onNotice: onProgress });
  closing.add(() => store.close());
  rmSync(join(dataDir, dataFiles.beginning), { force: true });
  const fatal = Promise.withResolvers<Error>();
  const runtime = realRuntime(log);
  let opened: Engine | null = null;
  const network = joinNetwork({ config, keys, runtime, head: () => opened?.chain.head() ?? null });
  closing.add(() => network.stopped());
  const endpoint = await network.join(own);
  closing.add(() => endpoint.leave());
  const parts = { config, genesis, keys, store, endpoint, runtime, dataDir };
  const engine = await openEngine({ ...parts, onFatal: fatal.resolve, onProgress }, closing);
  opened = engine;
  const { chain } = engine;
  const peers = config.peers.map(({ peer }) => peer);
  const shelf = new Shelf(join(dataDir, dataFiles.models));
  const fetch = tradeModels({ endpoint, shelf, runtime, peers, head: () => chain.head(), closing });
  const withFiles = serving.then((served) => servedWith(served, { shelf, fetch }));
  withFiles.catch(() => {});
  const { http, adminToken, ready, condition } = await startNode(
    {
      genesis,
      store,
      engine,
      network,
      keys,
      apiKeys: new ApiKeyFile(apiKeysPath),
      serving: withFiles,
      concurrency: config.concurrency,
      runtime,
      api: config.api,
      own: {
        engine: config.engine.kind,
        lagBlocks: () => (engine instanceof FollowEngine ? engine.lag().blocks : null),
        peers: () => network.metrics().connections ?? 0,
        roles: ownRoles(config, keys),
      },
      prepare: async () => prepare({ chain, keys, config, serving: await serving, genesis, endpoint, runtime }),
      rolesOf: (head) => rolesOf(head, config, keys),
    },
    closing,
  );
  serveFaucet(config, { chain, keys, store, endpoint, runtime });
  await publishNodeFile(dataDir, { api: http.url, adminToken }, closing);
  await serving;
  return { apiUrl: http.url, chain, ready, condition, failed: fatal.promise, stop: () => closing.close() };
}

/** §20.3 */
function serveFaucet(
  { faucet }: NodeConfig,
  {
    chain,
    keys,
    store,
    endpoint,
    runtime,
  }: Pick<Prepared, 'chain' | 'keys' | 'endpoint' | 'runtime'> & { store: Store },
): void {
  if (faucet === null) return;
  const signer = keys.named.account(faucet.key);
  const sender = new TransactionSender({ chain, signer, runtime });
  const pay = (to: Uint8Array, amountUnits: bigint) => sender.send('transfer', { to, amountUnits });
  const { address: account } = signer;
  const amountUnits = BigInt(faucet.amountUnits);
  new Faucet({ endpoint, chain, store: store.roleStore('faucet'), runtime, account, amountUnits, pay });
}

async function genesisOf(dataDir: string): Promise<Genesis> {
  const genesis = await readGenesisFile(join(dataDir, dataFiles.genesis));
  if (genesis !== null) return genesis;
  throw new AssayError('DATA_INCOMPLETE', `${join(dataDir, dataFiles.genesis)} is not there.`);
}

/** What the roles of a node serve and check with, opened only where one of them does either. */
async function servingOf(
  { roles, backend, concurrency }: NodeConfig,
  genesis: Genesis,
  { modelOf, onProgress }: RunOptions,
): Promise<Opened> {
  const miners = roles.filter(({ kind }) => kind === 'miner').length;
  const isNeeded = miners > 0 || roles.some(({ kind }) => kind === 'validator');
  if (!isNeeded || backend === null) return noWorkers;
  const common = { sequences: Math.max(1, miners * concurrency), contextTokens: null };
  if (backend.kind === 'file') {
    const asked = { ...common, model: await modelOf(backend.model), upstream: null, threads: backend.threads };
    return openBackend(asked, genesis, onProgress);
  }
  const model = backend.file === null ? null : await modelOf(backend.file);
  // Who only audits needs the file alone.
  const upstream = model !== null && miners === 0 ? null : backend;
  return openBackend({ ...common, model, upstream, threads: null }, genesis, onProgress);
}

/** With the files on the shelf, where a backend can open them. */
function servedWith<Some extends Opened>(served: Some, files: Omit<Parameters<typeof withShelf>[1], 'open'>): Some {
  const { measuring, open } = served;
  if (measuring === null || open === null) return served;
  return { ...served, measuring: withShelf(measuring, { ...files, open }) };
}

const noWorkers: Opened = {
  close: async () => {},
  open: null,
  model: null,
  measuring: null,
  workerOf: () => {
    throw new AssayError('CONFIG_UNUSABLE', 'It has a miner and no backend to serve with.');
  },
};

/** What it runs, with the numbers of its miners' workers. */
function ownRoles({ roles }: NodeConfig, keys: KeyRing): OwnRole[] {
  let miners = 0;
  return roles.map(({ kind, key }) => {
    const worker = kind === 'miner' ? miners++ : 0;
    return { kind, name: key, operator: keys.named.account(key).address, worker };
  });
}

/** The roles of a configuration, each where the chain has it. Throws AssayError NOT_REGISTERED. */
function rolesOf(head: LedgerView, config: NodeConfig, keys: KeyRing): RoleSpec[] {
  return ownRoles(config, keys).map(({ kind, name, operator, worker }) => {
    const index = indexOf(head, kind, operator);
    if (index !== null) return { kind, name, index: kind === 'miner' ? worker : index };
    throw new AssayError('NOT_REGISTERED', `The key "${name}" (${addressText(operator)}) is of no ${kind}.`);
  });
}
