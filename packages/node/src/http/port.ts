import type {
  Account,
  BlockDetail,
  BlockPage,
  Checked,
  Committee,
  DomainPage,
  Epoch,
  GenesisJson,
  Miner,
  MinerPage,
  MixerPage,
  ModelPage,
  ParamsJson,
  ReceiptJson,
  RolePage,
  RowProofJson,
  Session,
  SessionPage,
  Status,
  TaskDetail,
  TaskPage,
} from '@assay/client';
import type { Inclusion } from '../consensus/port.ts';
import type { ChatMessage, TokenLogprob } from '../inference/port.ts';

/** A chat request after the only parsing there is. Ratios in millionths. */
export interface InferenceRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  readonly temperatureMicro: number;
  readonly topPMicro: number;
  readonly seed: number | null;
  readonly stop: readonly string[];
  /** Alternatives per token to report; null when no logprobs were asked. */
  readonly topLogprobs: number | null;
}

export interface AnswerToken extends TokenLogprob {
  readonly top: readonly TokenLogprob[];
}

export type AnswerEvent =
  | { readonly type: 'tokens'; readonly text: string; readonly tokens: readonly AnswerToken[] }
  | { readonly type: 'end'; readonly finish: 'stop' | 'length'; readonly tokensIn: number; readonly tokensOut: number };

/** An admitted task. The receipt's id is the task id, known before the first token. */
export interface Answer {
  /** `0x` and 64 hexadecimal digits. */
  readonly taskId: string;
  /**
   * Rejects or throws AssayError; after a clean run the last event is `end`. When the signal aborts it must end
   * soon, best by throwing the signal's reason.
   */
  readonly events: AsyncIterable<AnswerEvent>;
}

/** What the HTTP front needs of the gateway role. */
export interface ChatService {
  /** Throws AssayError before anything is reserved when the request cannot be admitted. */
  ask(apiKey: string, request: InferenceRequest, signal: AbortSignal): Promise<Answer>;
  /** Names of the models this gateway can reach. */
  models(): readonly { readonly id: string; readonly createdS: number; readonly ownedBy: string }[];
  /** Whether the key is known; compares hashes in constant time. */
  knowsKey(apiKey: string): boolean;
}

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

export type Eventually<T> = T | Promise<T>;

/** Part of a table, in index order. */
export interface PageRequest {
  readonly from: number;
  readonly limit: number;
}

/** How a row that can be proven is found: an account or task by its bytes, any other by its index. */
export type RowKey =
  | { readonly kind: 'account' | 'task'; readonly id: Uint8Array }
  | { readonly kind: 'session' | 'miner' | 'payout'; readonly id: number };

/** What the node API reads: the chain at its last durable block, already in the JSON form of `@assay/client`. */
export interface NodeReader {
  status(): Eventually<Status>;
  genesis(): Eventually<GenesisJson>;
  /** Those in force. */
  params(): Eventually<ParamsJson>;
  /** Of the present epoch when null is asked for; null when the epoch has not begun. */
  committee(epoch: number | null): Eventually<Committee | null>;
  /** The blocks there are of heights `from` to `from + limit − 1`. */
  blocks(page: PageRequest): Eventually<BlockPage>;
  /** Null when there is no block at that height. */
  block(height: number): Eventually<BlockDetail | null>;
  /** The serialised block at a height; null when there is none. */
  blockBytes(height: number): Uint8Array | null;
  /** Null when the address never held anything. */
  account(address: Uint8Array): Eventually<Account | null>;
  miners(page: PageRequest): Eventually<MinerPage>;
  miner(index: number): Eventually<Miner | null>;
  mixers(page: PageRequest): Eventually<MixerPage>;
  validators(page: PageRequest): Eventually<RolePage>;
  oracles(page: PageRequest): Eventually<RolePage>;
  gateways(page: PageRequest): Eventually<RolePage>;
  domains(page: PageRequest): Eventually<DomainPage>;
  models(page: PageRequest): Eventually<ModelPage>;
  sessions(page: PageRequest): Eventually<SessionPage>;
  session(index: number): Eventually<Session | null>;
  /** Certified tasks, newest first, of an order below `before` when that is not null. */
  tasks(page: { readonly before: number | null; readonly limit: number }): Eventually<TaskPage>;
  /** `pending` while the task is admitted but in no block; null when nothing is known of it, or it never will be. */
  task(taskId: Uint8Array): Eventually<TaskDetail | 'pending' | null>;
  /** As `task`. */
  receipt(taskId: Uint8Array): Eventually<ReceiptJson | 'pending' | null>;
  /** The proof of a row by its key in a table; null when the state holds no such row. */
  proof(row: RowKey): Eventually<RowProofJson | null>;
  /** Null when the epoch is not closed yet. */
  epoch(epoch: number): Eventually<Epoch | null>;
  /** The engine's `submit`. */
  submit(transaction: Uint8Array): Promise<Inclusion>;
  /** The code it would get as the first of the next block. */
  check(transaction: Uint8Array): Eventually<Checked>;
}
