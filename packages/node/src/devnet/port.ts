import type { Setting } from '@assay/explain/gov/settings';
import type { ModelFile, Serving, Upstream } from '../host/backend.ts';
import type { Attack, RoleSpec } from '../host/build-roles.ts';

/**
 * What `assay up` asks of the devnet. Starting it may reject with Refusal, or with AssayError CANNOT_LISTEN,
 * DATA_IN_USE, OTHER_CHAIN, DATA_DAMAGED, DATA_INCOMPLETE, DATA_NOT_OWN, DISK_FULL, NO_PROPOSER, KEYS_LOCKED,
 * KEYS_DAMAGED or BACKEND_FAILED.
 */
export interface DevnetOptions {
  readonly dataDir: string;
  /** Port of the API on the loopback address; 0 picks a free one. */
  readonly port: number;
  /** The model file the network registers; null with an upstream whose answers are text alone. */
  readonly model: ModelFile | null;
  /** A server that answers in the miners' place; null for the built-in backend. */
  readonly upstream: Upstream | null;
  readonly miners: number;
  /**
   * Longest prompt plus output, tokens; a network that is there must have registered it. Null: what that registered; of
   * a new one 2,048, or 8,192 with an upstream. A model file holds no more than it was trained for.
   */
  readonly contextTokens: number | null;
  /** Threads of each answer of the built-in backend; null: as the size of the model asks. */
  readonly threads: number | null;
  /** The preset of a new chain, and of the one that is there when it is not null; null: the default, or any. */
  readonly preset: string | null;
  /** Parameters that a new chain begins with instead, and that one which is there must have begun with. */
  readonly settings: readonly Setting[];
  /** Files with noise profiles that a new chain begins with, and one that is there must have begun with. */
  readonly profiles: readonly string[];
  /** Origins of pages that may read the API; names it answers to beside those of this machine (§16.3, §16.4). */
  readonly origins: readonly string[];
  readonly hostNames: readonly string[];
  /** Those who do not act as they should; null when all do. */
  readonly attackers: Attackers | null;
  /** Delete the chain and the keys in `dataDir` first, once nothing else can hold it open. */
  readonly fresh: boolean;
  /** Begin a chain from the genesis and keys in `dataDir`, which have never signed (§16.2). */
  readonly newChain: boolean;
  /** What is being done, for a person who waits. */
  onProgress(line: string): void;
}

/** Members of one role that attack the network, to see what becomes of them. */
export interface Attackers {
  readonly name: string;
  readonly role: RoleSpec['kind'];
  /** Their numbers among those of the role. */
  readonly members: readonly number[];
  /** Resolves, once what they serve with is there, to what takes their place. */
  begin(ground: AttackGround): Promise<Attack>;
}

/** What an attack finds. */
export interface AttackGround extends Pick<Serving, 'open'> {
  /** The registered file. */
  readonly model: ModelFile | null;
  /** Where it may make another one. */
  readonly dir: string;
}

/** Counts since genesis, of the last durable block. */
export interface DevnetStatus {
  readonly height: number;
  readonly epoch: number;
  readonly tasks: number;
  readonly auditsPassed: number;
  readonly auditsFailed: number;
  readonly paidUnits: bigint;
  /** Null when nobody attacks. */
  readonly attackers: AttackersStatus | null;
}

/** What became of those who attack, taken together. */
export interface AttackersStatus extends Pick<Attackers, 'name' | 'role'> {
  /** Their indexes in the chain's table. */
  readonly members: readonly number[];
  readonly strikes: number;
  /** Of miners; no other role has any. */
  readonly rejectedTasks: number;
  /** Lowest of those that are miners; null of others. */
  readonly trustPpb: number | null;
  /** What the payers of the network got back. */
  readonly refundedUnits: bigint;
  /** Numbers of the cases against them. */
  readonly cases: readonly number[];
}

/** A network that runs in this process. */
export interface Devnet {
  /** Root of the API, `http://127.0.0.1:PORT`. */
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly dataDir: string;
  /** Name of a model it answers for. */
  readonly modelName: string;
  status(): DevnetStatus;
  /** Ends everything; what was acknowledged is durable. */
  stop(): Promise<void>;
  /** Resolves with the reason when the network cannot go on; never rejects. */
  readonly failed: Promise<Error>;
}
