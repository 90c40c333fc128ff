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
  readonly taskId: string;
  /** Rejects or throws AssayError; after a clean run the last event is `end`. */
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
}

export interface RolesService {
  list(): readonly RoleControl[];
  /** Null when there is no role of that name. */
  set(name: string, running: boolean): Promise<RoleControl | null>;
}
