import type {
  ApiRoutes,
  Checked,
  NodeCondition,
  PathName,
  PathNamesOf,
  PathValue,
  QueryName,
  ResponseOf,
  RouteName,
  RowProofJson,
} from '@assay/client';
import type { Inclusion } from '@assay/roles/ports/chain';
import type { Query } from './query.ts';

/** One role of this process, which an operator may stop and start again. */
export interface RoleControl {
  readonly name: string;
  readonly kind: 'gateway' | 'mixer' | 'miner' | 'oracle' | 'validator';
  readonly address: string;
  readonly running: boolean;
  /** Whether it signs with the key that the chain has for it. */
  readonly hasKey: boolean;
}

export interface RolesService {
  list(): readonly RoleControl[];
  /** Null when there is no role of that name. */
  set(name: string, running: boolean): Promise<RoleControl | null>;
}

/** All that an operator asks of a node. */
export interface OperatorService extends RolesService {
  /** What the node is, how far it is, and how its roles do. */
  condition(): NodeCondition;
}

export type Eventually<T> = T | Promise<T>;

/** Part of a table, in index order. */
export type PageRequest = Pick<Query, 'from' | 'limit'>;

/** How a row that can be proven is found: an account or task by its bytes, any other by its index. */
export type RowKey =
  | { readonly kind: 'account' | 'task'; readonly id: Uint8Array }
  | { readonly kind: 'session' | 'miner' | 'payout'; readonly id: number };

/** The routes that are answered from the chain, each by the reader's method of its name. */
export type ChainRoute = Exclude<
  RouteName,
  'proof' | 'node' | 'roles' | 'stopRole' | 'startRole' | 'transactions' | 'checkTransaction'
>;
/** A value in a path as a reader gets it. */
type Read<Name extends PathName> = Name extends 'taskId' | 'address' ? Uint8Array : PathValue<Name>;
type ReadEach<Names extends readonly PathName[]> = { [Index in keyof Names]: Read<Names[Index]> };
type QueryOf<Names> = Names extends readonly [QueryName, ...QueryName[]] ? [query: Pick<Query, Names[number]>] : [];
/** Null when there is no such thing; `pending` while it is admitted but in no block. */
type Found<N extends RouteName> =
  | ResponseOf<N>
  | (ApiRoutes[N] extends { readonly missing: string } ? null : never)
  | (ApiRoutes[N] extends { readonly pending: true } ? 'pending' : never);

/**
 * What the node API reads: the chain at its last durable block, already in the JSON form of `@assay/client`. The method
 * of a route takes what its path and its query hold.
 */
export type NodeReader = {
  readonly [N in ChainRoute]: (
    ...given: [...ReadEach<PathNamesOf<ApiRoutes[N]['path']>>, ...QueryOf<ApiRoutes[N]['query']>]
  ) => Eventually<Found<N>>;
} & {
  /** The serialised block at a height; null when there is none. */
  blockBytes(height: number): Uint8Array | null;
  /** The newest state that is kept up to a height, and its block; null when there is none. */
  stateBytes(height: number): { readonly block: Uint8Array; readonly state: Uint8Array } | null;
  /** The proof of a row by its key in a table; null when the state holds no such row. */
  proof(row: RowKey): Eventually<RowProofJson | null>;
  /** The chain's `submit`. */
  submit(transaction: Uint8Array): Promise<Inclusion>;
  /** The code it would get as the first of the next block. */
  check(transaction: Uint8Array): Eventually<Checked>;
};
