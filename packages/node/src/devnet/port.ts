import type { Setting } from '@assay/explain/gov/settings';
import type { Ref } from '@assay/protocol';
import type { ModelFile, Upstream } from '../host/backend.ts';

/**
 * What `assay up` asks of the devnet. Starting it may reject with Refusal, or with AssayError CANNOT_LISTEN,
 * DATA_IN_USE, OTHER_CHAIN, DATA_DAMAGED, DATA_INCOMPLETE, DATA_NOT_OWN, DISK_FULL, NO_PROPOSER, KEYS_LOCKED,
 * KEYS_DAMAGED or BACKEND_FAILED.
 */
export interface DevnetOptions {
  readonly dataDir: string;
  /** Port of the API on the loopback address; 0 picks a free one. */
  readonly port: number;
  /** The model file the network registers; null with an upstream, whose model has no file here. */
  readonly model: ModelFile | null;
  /** An OpenAI-compatible server that answers in the miners' place; null for the built-in backend. */
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
  /** Origins of pages that may read the API; names it answers to beside those of this machine (§16.3, §16.4). */
  readonly origins: readonly string[];
  readonly hostNames: readonly string[];
  /** One miner serves another model than it claims. */
  readonly cheater: boolean;
  /** Delete the chain and the keys in `dataDir` first, once nothing else can hold it open. */
  readonly fresh: boolean;
  /** Begin a chain from the genesis and keys in `dataDir`, which have never signed (§16.2). */
  readonly newChain: boolean;
  /** What is being done, for a person who waits. */
  onProgress(line: string): void;
}

/** Counts since genesis, of the last durable block. */
export interface DevnetStatus {
  readonly height: number;
  readonly epoch: number;
  readonly tasks: number;
  readonly auditsPassed: number;
  readonly auditsFailed: number;
  readonly paidUnits: bigint;
  /** Null when no miner cheats. */
  readonly cheater: {
    readonly miner: Ref<'miners'>;
    readonly rejectedTasks: number;
    readonly refundedUnits: bigint;
    readonly trustPpb: number;
  } | null;
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
