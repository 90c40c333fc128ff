import type { EdgeCode, EngineInfo } from '@assay/protocol';
import type { ChatMessage, GenerateEvent, GenerateRequest, Scored, ScoreRequest } from '@assay/roles/ports/inference';

/** How the worker runs every model it opens. */
export interface WorkerOptions {
  /** Null: as the size of the model suggests. */
  readonly threads: number | null;
  readonly sequences: number;
  readonly contextTokens: number;
  readonly numerics: Numerics;
}

/** What moves the numbers of an answer. All nodes run the same; benches run others, to see how far they move them. */
export interface Numerics {
  /** Name of a set of CPU kernels; those of a name that the processor cannot run are left out. */
  readonly kernels: string;
  readonly flashAttention: boolean;
  readonly kvType: 'f16' | 'q8_0';
  /** Whether answers are computed together, in batches of one context. */
  readonly sharesBatches: boolean;
}

/** Facts of an open model. */
export interface ModelFacts {
  readonly contextTokens: number;
  readonly vocabularySize: number;
}

/** What more is known of a file without its weights. */
export interface FileFacts extends ModelFacts {
  /** Tokens that end a generation. */
  readonly endIds: readonly number[];
  /** All weights together, bytes. */
  readonly weightBytes: number;
}

/** A model file, or what it says without its weights, which then take no memory. */
export interface ModelPart {
  readonly path: string;
  readonly isVocabulary: boolean;
}

/** What the worker can be asked of a model. */
export type Question =
  | { readonly method: 'open' }
  | { readonly method: 'fileFacts' }
  | { readonly method: 'render'; readonly messages: readonly ChatMessage[] }
  | { readonly method: 'textPieces'; readonly ids: readonly number[] }
  | { readonly method: 'detokenize'; readonly ids: readonly number[]; readonly before: readonly number[] }
  | { readonly method: 'tokenTexts'; readonly ids: readonly number[] }
  | { readonly method: 'generate'; readonly request: GenerateRequest }
  | { readonly method: 'score'; readonly request: ScoreRequest };

export type Call = Question & { readonly model: ModelPart };

/** One item of a call's answer; `generate` gives many, the others one. */
export type Item = GenerateEvent | Scored | ModelFacts | FileFacts | Uint8Array[] | number[] | string[] | string;

export type ToWorker =
  | { readonly type: 'start'; readonly options: WorkerOptions }
  | { readonly type: 'call'; readonly id: number; readonly call: Call }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'ping' };

export type FromWorker =
  | { readonly type: 'ready'; readonly engine: EngineInfo }
  | { readonly type: 'failedToStart'; readonly reason: string }
  | { readonly type: 'pong' }
  | { readonly type: 'item'; readonly id: number; readonly item: Item }
  | { readonly type: 'done'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly code: EdgeCode; readonly detail: string };
