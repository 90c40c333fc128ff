import type { EngineInfo, Sampler, Sampling, Surprise } from '@assay/protocol';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** One alternative at one position; `negLogprobMicro` is −ln(p) in millionths. */
export interface TokenLogprob {
  readonly id: number;
  readonly text: string;
  readonly negLogprobMicro: number;
}

/** One generated token: what was chosen and the most likely alternatives, most likely first. */
export interface GeneratedToken extends TokenLogprob {
  readonly top: readonly TokenLogprob[];
}

export interface GenerateRequest {
  readonly promptIds: readonly number[];
  readonly maxTokens: number;
  readonly sampling: Sampling;
  /** At most four, as bytes; generation ends before the first that appears, and the text is cut there. */
  readonly stop: readonly string[];
  /** Alternatives to report per token, at least `limits.topLogprobs`, at most 20. */
  readonly topLogprobs: number;
}

/** Text is withheld while it may be the start of a stop sequence or of a multi-byte character. It is UTF-8. */
export type GenerateEvent =
  | { readonly type: 'tokens'; readonly tokens: readonly GeneratedToken[]; readonly text: Uint8Array }
  | { readonly type: 'end'; readonly finish: 'stop' | 'length'; readonly text: Uint8Array };

export interface ScoreRequest {
  readonly promptIds: readonly number[];
  readonly outputIds: readonly number[];
  /** Output positions to score, ascending; `ids` are the alternatives the miner reported there. */
  readonly positions: readonly { readonly index: number; readonly ids: readonly number[] }[];
  /** What the output is said to have been chosen with, and how it was drawn. */
  readonly sampling: Sampling;
  readonly sampler: Sampler;
  /** Whether to say also if generation would have ended after the whole output. */
  readonly asksEnd: boolean;
}

export interface Scored {
  /** One for each position asked. */
  readonly positions: readonly ScoredPosition[];
  /** Null when it was not asked. */
  readonly end: ScoredEnd | null;
}

/** What the reference says of the token at one place; margins and leads in millionths of a nat. */
interface ScoredToken {
  /** The least margin within which it is a choice; `noMargin` for none (verification §2.6). */
  readonly choiceMarginMicro: number;
}

/** The reference's view of one position. */
export interface ScoredPosition extends ScoredToken, Surprise {
  /** Of each asked id, parts per billion. */
  readonly probabilitiesPpb: readonly number[];
  /** By how much the likeliest token leads the first of the asked ids. */
  readonly leadMicro: number;
}

/** The reference's view of an end after the whole output (verification §2.5). */
export interface ScoredEnd extends ScoredToken {
  /** Whether the model may go on and an end is still likely enough to be one. */
  readonly isLikely: boolean;
}

/** A model opened by a backend. Every call may fail with an AssayError BACKEND_FAILED. */
export interface InferenceModel {
  /** Longest prompt plus output, tokens. */
  readonly contextTokens: number;
  /** Every token id is below this. */
  readonly vocabularySize: number;
  /** The prompt ids of a conversation, by the model's own template. */
  render(messages: readonly ChatMessage[]): Promise<number[]>;
  /** The text of an output, as UTF-8: what each id adds when they come one by one, and at last the rest. */
  textPieces(ids: readonly number[]): Promise<Uint8Array[]>;
  /**
   * Ends with exactly one `end` event; aborting the signal ends the iteration early by throwing the signal's reason.
   */
  generate(request: GenerateRequest, signal: AbortSignal): AsyncIterable<GenerateEvent>;
  /** One teacher-forced prefill of prompt and output. */
  score(request: ScoreRequest, signal: AbortSignal): Promise<Scored>;
}

/** Where models run: llama.cpp in a process of its own. */
export interface InferenceBackend extends AsyncDisposable {
  readonly engine: EngineInfo;
  /** Opens a model file once; later calls with the same path share it. */
  open(modelPath: string): Promise<InferenceModel>;
}

/** A server that answers in text only: no token ids, so its work cannot be re-checked by prefill (evidence level 0). */
export interface TextBackend {
  readonly baseUrl: string;
  readonly modelName: string;
  chat(
    request: { messages: readonly ChatMessage[]; maxTokens: number; sampling: Sampling; stop: readonly string[] },
    signal: AbortSignal,
  ): AsyncIterable<
    { type: 'text'; text: string } | { type: 'end'; finish: 'stop' | 'length'; tokensIn: number; tokensOut: number }
  >;
}
