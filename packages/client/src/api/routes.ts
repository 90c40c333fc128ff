import { markedEvents } from '@assay/protocol';
import { z } from 'zod';
import { Committee } from './committee.ts';
import { MinerEarning, NodeCondition } from './condition.ts';
import { GenesisJson, ParamsJson } from './genesis.ts';
import { DomainQueue, LocalRole, LocalRoles } from './local.ts';
import { ProofKind, RowProofJson } from './proof.ts';
import { ReceiptJson } from './receipt.ts';
import { count } from './scalars.ts';
import {
  Account,
  Applied,
  BlockDetail,
  BlockPage,
  Checked,
  DelegationPage,
  DomainPage,
  Epoch,
  EventPage,
  GatewayPage,
  HoldingPage,
  KeptState,
  Miner,
  MinerPage,
  MixerPage,
  ModelPage,
  OpenCasePage,
  ProfilePage,
  RolePage,
  Session,
  SessionPage,
  Status,
  TaskDetail,
  TaskPage,
  ValidatorPage,
} from './schemas.ts';

/** Longest page a list answers, and what no `limit` means. */
export const pageLimits = { max: 1000, standard: 100 } as const;

/** Everything a query may hold; all of it whole numbers. */
export const queryParameters = {
  from: z.int().min(0).default(0).describe('First index, or first height for blocks.'),
  limit: z
    .int()
    .min(1, { error: 'must be at least 1' })
    .max(pageLimits.max, { error: `must be at most ${pageLimits.max}` })
    .default(pageLimits.standard)
    .describe('Longest list to answer.'),
  before: z.int().min(0).describe('Only tasks whose order is below this; all when absent.'),
  epoch: z.int().min(0).describe('An epoch up to the present one; the present one when absent.'),
} as const;
export type QueryName = keyof typeof queryParameters;

/** Everything that stands in the braces of a path, as OpenAPI writes them. */
export const pathParameters = {
  index: count,
  height: count,
  epoch: count,
  address: z.string(),
  /** 64 hexadecimal digits, `0x` before them or not. */
  taskId: z.string(),
  name: z.string(),
  event: z.enum(markedEvents),
  kind: ProofKind,
  id: z.string(),
} as const;
export type PathName = keyof typeof pathParameters;

/** One route of the node API: all that node, client and OpenAPI document know of it. */
export interface ApiRoute<Response extends z.ZodType = z.ZodType> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  readonly response: Response;
  readonly query: readonly QueryName[];
  /** What is said with NOT_FOUND when there is no such thing; null where there always is. */
  readonly missing: string | null;
  /** Answers 202 with `Pending` while the task is known but not in a block yet. */
  readonly pending: boolean;
  /** `accept: application/octet-stream` gets the SSZ bytes instead of JSON. */
  readonly bytes: boolean;
  /** Takes a serialised transaction as `application/octet-stream`. */
  readonly takesTransaction: boolean;
  /** Needs `authorization: Bearer` with the node's admin token. */
  readonly admin: boolean;
}

type Extras = Partial<Omit<ApiRoute, 'method' | 'path' | 'summary' | 'response'>>;
const routeOf =
  <M extends 'GET' | 'POST'>(method: M) =>
  <T extends z.ZodType, const P extends string, const E extends Extras = { query: [] }>(
    path: P,
    response: T,
    summary: string,
    extras?: E,
  ) => {
    const plain = { query: [], missing: null, pending: false, bytes: false, takesTransaction: false, admin: false };
    const route: ApiRoute<T> = { method, path: `/assay/v1/${path}`, summary, response, ...plain, ...extras };
    return route as ApiRoute<T> & { readonly method: M; readonly path: `/assay/v1/${P}` } & E;
  };
const get = routeOf('GET');
const post = routeOf('POST');
const list = { query: ['from', 'limit'] } as const;
const task = { pending: true, missing: 'No task of this id was certified, and none is under way here.' } as const;
const role = {
  admin: true,
  missing: 'This process has no role of this name; GET /assay/v1/roles lists them.',
} as const;

/** The routes of the node API, by the name the node and the client know them by. */
export const apiRoutes = {
  status: get('status', Status, 'Where the chain stands.'),
  genesis: get('genesis', GenesisJson, 'The genesis file.'),
  params: get('params', ParamsJson, 'The parameters in force.'),
  committee: get('committee', Committee, 'The committee of an epoch and its keys, to check receipts with.', {
    query: ['epoch'],
    missing: 'This epoch has not begun, so its committee is not chosen yet.',
  }),
  blocks: get('blocks', BlockPage, 'Blocks in rising height; as bytes, each after its length.', {
    ...list,
    bytes: true,
  }),
  block: get('blocks/{height}', BlockDetail, 'One block and what it did.', {
    bytes: true,
    missing: 'There is no block of this height yet; GET /assay/v1/status says how far the chain is.',
  }),
  /** As bytes: the length of the block with its seal, four bytes, little-endian; that block; the state after it. */
  state: get('states/{height}', KeptState, 'The newest state that the node keeps up to a height; as bytes, whole.', {
    bytes: true,
    missing: 'No state up to this height is kept here: a replay begins with the genesis.',
  }),
  events: get('events/{event}', EventPage, 'Every event of a type; of the types that happen now and then.', list),
  account: get('accounts/{address}', Account, 'What an account holds.', {
    missing: 'This address never held anything on this chain.',
  }),
  miners: get('miners', MinerPage, 'The registered miners.', list),
  miner: get('miners/{index}', Miner, 'One miner.', { missing: 'No miner has this index.' }),
  minerEarning: get(
    'miners/{index}/earning',
    MinerEarning,
    'Whether validators can compare it, and why it does not earn.',
    {
      missing: 'No miner has this index.',
    },
  ),
  mixers: get('mixers', MixerPage, 'The mixers.', list),
  validators: get('validators', ValidatorPage, 'The validators.', list),
  oracles: get('oracles', RolePage, 'The oracles.', list),
  gateways: get('gateways', GatewayPage, 'The gateways.', list),
  domains: get('domains', DomainPage, 'The domains.', list),
  queue: get(
    'domains/{index}/queue',
    DomainQueue,
    'Requests that wait for a miner of a domain at the mixers of this process.',
    {
      missing: 'No domain has this index.',
    },
  ),
  models: get('models', ModelPage, 'The registered models.', list),
  delegations: get('delegations', DelegationPage, 'What accounts staked on miners.', list),
  holdings: get('holdings', HoldingPage, 'Shares of models, and what backs them, by account.', list),
  profiles: get('profiles', ProfilePage, 'The noise profiles of pairs of engines, withdrawn ones too.', list),
  sessions: get('sessions', SessionPage, 'The sessions.', list),
  session: get('sessions/{index}', Session, 'One session.', { missing: 'No session has this index.' }),
  openCases: get('cases', OpenCasePage, 'The cases that are not decided, by their numbers.', list),
  /** `before` is the `order` of the last task of the page before. */
  tasks: get('tasks', TaskPage, 'Certified tasks, newest first.', { query: ['limit', 'before'] }),
  task: get('tasks/{taskId}', TaskDetail, 'One task, its audit and its history.', task),
  /** As it is kept in a file; check it with `verifyReceipt`. */
  receipt: get('receipts/{taskId}', ReceiptJson, 'The portable receipt of a task.', task),
  /** After the last durable block. Read it with `rowProofFromJson` and believe it only after `verifyProof`. */
  proof: get('proofs/{kind}/{id}', RowProofJson, 'A row of the state with its Merkle path to the root of a block.', {
    missing:
      'The state holds no such row now; a settled task leaves it after a while, payouts with the next settlement.',
  }),
  epoch: get('epochs/{epoch}', Epoch, 'What a closed epoch paid, to whom and why.', {
    missing: 'This epoch is not closed yet; its payouts are made at its end.',
  }),
  node: get('node', NodeCondition, 'What this node is, how far it is, and why its roles do not earn.'),
  roles: get('roles', LocalRoles, 'The roles of this process.'),
  stopRole: post('roles/{name}/stop', LocalRole, 'Stops a role of this process.', role),
  startRole: post('roles/{name}/start', LocalRole, 'Starts a role of this process again.', role),
  transactions: post('transactions', Applied, 'Offers a signed transaction; answers once it is in a durable block.', {
    takesTransaction: true,
  }),
  checkTransaction: post('transactions/check', Checked, 'Says what a signed transaction would get; sends nothing.', {
    takesTransaction: true,
  }),
} as const;
export type ApiRoutes = typeof apiRoutes;
export type RouteName = keyof ApiRoutes;
/** What a route answers with 200. */
export type ResponseOf<N extends RouteName> = z.infer<ApiRoutes[N]['response']>;

/** The names in the braces of a path, in their order. */
export type PathNamesOf<Path extends string> = Path extends `${string}{${infer Name extends PathName}}${infer Rest}`
  ? [Name, ...PathNamesOf<Rest>]
  : [];
/** The names in the braces of a path, in their order. */
export function pathNamesOf(path: string): PathName[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as PathName);
}
/** The value that a client gives for a name in a path. */
export type PathValue<Name extends PathName> = z.infer<(typeof pathParameters)[Name]>;
