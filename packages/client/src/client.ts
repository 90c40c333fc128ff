import { checkTransaction } from './actions/check-transaction.ts';
import { getBlockBytes } from './actions/get-block-bytes.ts';
import { getGenesis } from './actions/get-genesis.ts';
import { getParams } from './actions/get-params.ts';
import { getStateBytes } from './actions/get-state-bytes.ts';
import { sendTransaction } from './actions/send-transaction.ts';
import { setRole } from './actions/set-role.ts';
import {
  type ApiRoute,
  type ApiRoutes,
  apiRoutes,
  type PathName,
  type PathNamesOf,
  type PathValue,
  pathNamesOf,
  type QueryName,
  type RouteName,
} from './api/routes.ts';
import { type AnswerOf, type CallOptions, type Connection, call } from './connection.ts';

/** The actions that do more than to pass on what a route answers. */
const actions = { checkTransaction, getBlockBytes, getGenesis, getParams, getStateBytes, sendTransaction, setRole };
type Actions = typeof actions;

type Bound<Action> = Action extends (connection: Connection, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : never;

type ReadRoute = { [N in RouteName]: ApiRoutes[N]['method'] extends 'GET' ? N : never }[RouteName];
/** What stands in the path: one value as it is, several by their names. */
type PathArguments<Names> = Names extends readonly [infer Only extends PathName]
  ? [value: PathValue<Only>]
  : Names extends readonly []
    ? []
    : [values: { readonly [Name in Extract<Names, readonly PathName[]>[number]]: PathValue<Name> }];
type QueryArguments<Names> = Names extends readonly [QueryName, ...QueryName[]]
  ? [query?: { readonly [Name in Names[number]]?: number }]
  : [];
type ReadArguments<Route extends ApiRoute> = [
  ...PathArguments<PathNamesOf<Route['path']>>,
  ...QueryArguments<Route['query']>,
];
/** `getX` of every route X that is read, but for those that have an action of their own. */
type Reads = {
  readonly [N in ReadRoute as Exclude<`get${Capitalize<N>}`, keyof Actions>]: (
    ...given: ReadArguments<ApiRoutes[N]>
  ) => Promise<AnswerOf<N>>;
};

/**
 * Every action of this package, bound to one node: of each route that is read its own, and those in `actions/`. What
 * there is not is rejected with NOT_FOUND.
 */
export type Client = Reads & { readonly [Name in keyof Actions]: Bound<Actions[Name]> } & {
  readonly baseUrl: string;
};

/**
 * A client of the node at `baseUrl` (its root, `http://127.0.0.1:4010`). Every action rejects with ClientError.
 * `fetch` replaces the host's own.
 */
export function createClient(options: { readonly baseUrl: string; readonly fetch?: typeof fetch }): Client {
  const connection: Connection = {
    baseUrl: options.baseUrl.replace(/\/+$/, ''),
    fetch: options.fetch ?? ((...call) => fetch(...call)),
  };
  const reads = (Object.keys(apiRoutes) as RouteName[])
    .filter((name) => apiRoutes[name].method === 'GET')
    .map((name) => [
      `get${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      (...given: unknown[]) => call(connection, name, optionsOf(apiRoutes[name], given)),
    ]);
  const bound = Object.entries(actions).map(([name, action]) => [
    name,
    (...rest: unknown[]) => (action as (...all: unknown[]) => unknown)(connection, ...rest),
  ]);
  return { ...Object.fromEntries(reads), ...Object.fromEntries(bound), baseUrl: connection.baseUrl } as Client;
}

type Values = Readonly<Record<string, string | number>>;

/** What was given for the path comes first, then the query. */
function optionsOf({ path }: ApiRoute, given: readonly unknown[]): CallOptions {
  const [name, ...more] = pathNamesOf(path);
  const [first = {}, second = {}] = given as readonly Values[];
  if (name === undefined) return { query: first };
  return { path: more.length === 0 ? ({ [name]: first } as unknown as Values) : first, query: second };
}
