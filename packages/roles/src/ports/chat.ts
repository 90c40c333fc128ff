import type { ChatMessage, TokenLogprob } from './inference.ts';

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

/** What the gateway role gives to whoever takes the requests of applications. */
export interface ChatService {
  /** Throws AssayError before anything is reserved when the request cannot be admitted. */
  ask(apiKey: string, request: InferenceRequest, signal: AbortSignal): Promise<Answer>;
  /** The models that a key can ask: the one of its session. */
  models(apiKey: string): readonly { readonly id: string; readonly createdS: number; readonly ownedBy: string }[];
  /** Whether the key is known; compares hashes in constant time. */
  knowsKey(apiKey: string): boolean;
}
