import { randomBytes } from 'node:crypto';
import type { NodeCondition } from '@assay/client';
import type { LedgerView } from '@assay/ledger';
import type { Genesis } from '@assay/protocol';
import type { Chain, Engine } from '@assay/roles/ports/chain';
import type { ChatService } from '@assay/roles/ports/chat';
import type { Network } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { type HttpServer, type HttpServerOptions, startHttpServer } from '../http/server.ts';
import type { ApiKeyFile } from '../keys/api-keys.ts';
import type { KeyRing } from '../keys/keyring.ts';
import type { Store } from '../store/store.ts';
import { version } from '../version.ts';
import {
  type BuildParts,
  buildRoles,
  drawTablesOf,
  loadingMiners,
  type RoleSpec,
  type Workers,
} from './build-roles.ts';
import type { Closing } from './closing.ts';
import { type ConditionParts, conditionOf, engineServed } from './condition.ts';
import { followKeys } from './follow-keys.ts';
import { followSessions } from './follow-sessions.ts';
import { FrontDesk } from './front-desk.ts';
import { LocalReader } from './node-reader.ts';
import { remindOfCases } from './remind-cases.ts';
import { TotalsView } from './totals.ts';

export interface NodeParts {
  readonly genesis: Genesis;
  readonly store: Store;
  readonly engine: Engine;
  readonly network: Network;
  readonly keys: KeyRing;
  readonly apiKeys: ApiKeyFile;
  /** Loaded while the chain becomes current. */
  readonly serving: Promise<Workers>;
  /** Tasks one of its miners runs at once. */
  readonly concurrency: number;
  readonly runtime: Runtime;
  readonly api: Pick<HttpServerOptions, 'host' | 'port' | 'origins' | 'hostNames'>;
  /** What it says of itself. */
  readonly own: Pick<ConditionParts, 'engine' | 'lagBlocks' | 'peers' | 'roles'>;
  /** Done once the chain is current, before the roles start. */
  readonly prepare?: () => Promise<void>;
  /** The roles it runs, asked once the chain is current: what is registered has an index there. */
  readonly rolesOf: (head: LedgerView) => readonly RoleSpec[];
  readonly attack?: BuildParts['attack'];
}

/** A node whose API answers. */
export interface RunningNode {
  readonly http: HttpServer;
  /** What opens the routes that stop and start roles. */
  readonly adminToken: string;
  readonly totals: TotalsView;
  /** What its gateway answers, once its roles run. */
  readonly chat: ChatService;
  readonly condition: () => NodeCondition;
  /** Resolves once the chain is current and the roles run. Rejects with what kept them from starting. */
  readonly ready: Promise<void>;
}

/**
 * Starts the API of a node, then its engine and, once the chain is current, its roles. What it opens is added to
 * `closing`. Rejects as `startHttpServer` does.
 */
export async function startNode(parts: NodeParts, closing: Closing): Promise<RunningNode> {
  const { genesis, store, engine, runtime } = parts;
  const { chain } = engine;
  const totals = new TotalsView(store);
  chain.onBlock((committed) => totals.onBlock(committed));
  remindOfCases(chain, runtime.log);
  closing.add(() => engine.stop());
  let served: Workers | null = null;
  const loaded = parts.serving.then((workers) => {
    served = workers;
  });
  // `ready` says it.
  loaded.catch(() => {});
  const ownParts = { chain, runtime, serving: () => served, ...parts.own };
  const desk = new FrontDesk((running) => conditionOf(ownParts, running), runtime);
  const isPending = (taskId: string) => desk.isPending(taskId);
  const adminToken = randomBytes(24).toString('hex');
  const http = await startHttpServer({
    ...parts.api,
    chat: desk,
    node: new LocalReader({
      version,
      genesis,
      chain,
      store,
      totals,
      isPending,
      queues: (domain, models) => desk.queues(domain, models),
      engineOf: (miner) => engineServed(ownParts, miner),
    }),
    roles: desk,
    adminToken,
    onRequestError: (error, { method, route }) =>
      runtime.log(`${method} ${route} failed: ${(error as Error).stack ?? String(error)}`),
  });
  closing.add(() => http.stop());
  const isMixing = parts.own.roles.some(({ kind }) => kind === 'mixer');
  // From the first block on that this node catches up with.
  const drawTables = isMixing ? drawTablesOf({ chain, store }) : null;
  const ready = Promise.all([current(chain), loaded, declineWhile(loaded, parts, closing)])
    .then(() => parts.prepare?.())
    .then(() => startRoles({ ...parts, drawTables }, desk, closing));
  // Whoever waits for it hears of it; nobody has to.
  ready.catch(() => {});
  engine.start();
  return { http, adminToken, totals, chat: desk, ready, condition: () => desk.condition() };
}

async function startRoles(
  parts: NodeParts & Pick<BuildParts, 'drawTables'>,
  desk: FrontDesk,
  closing: Closing,
): Promise<void> {
  const { engine, keys, store, network, runtime, concurrency, drawTables, rolesOf, attack } = parts;
  const { chain } = engine;
  const serving = await parts.serving;
  const apiKeys = followSessions({ chain, ring: keys, file: parts.apiKeys }, runtime.log);
  const roles = rolesOf(chain.head());
  const common = { chain, keys, store, network, runtime, apiKeys };
  const built = buildRoles({ ...common, serving, concurrency, roles, drawTables, attack });
  followKeys(chain, keys, built.roles, runtime.log);
  closing.add(() => built.roles.stopAll());
  await built.roles.startAll();
  closing.add(chain.onBlock(() => void built.roles.startAgain()));
  desk.open(built);
}

/** §20.9 Answers for the miners of a node from when its chain is current until their model is loaded. */
async function declineWhile(
  loaded: Promise<void>,
  { engine: { chain }, keys, network, own, runtime }: NodeParts,
  closing: Closing,
): Promise<void> {
  let isLoading = true;
  const done = loaded.finally(() => {
    isLoading = false;
  });
  await Promise.race([current(chain), done]);
  const names = own.roles.flatMap(({ kind, name }) => (kind === 'miner' ? [name] : []));
  if (!isLoading || names.length === 0) return;
  const miners = loadingMiners({ chain, keys, network, runtime }, names);
  const leave = () => Promise.all(miners.map((miner) => miner.stop()));
  closing.add(leave);
  await Promise.all(miners.map((miner) => miner.start()));
  await done.finally(leave);
}

/** Resolves once the chain is as far as the network. */
function current(chain: Chain): Promise<void> {
  if (chain.isCurrent()) return Promise.resolve();
  return new Promise((resolve) => {
    const done = chain.onBlock(() => {
      if (!chain.isCurrent()) return;
      done();
      resolve();
    });
  });
}
