import { availableParallelism } from 'node:os';
import { AssayError } from '@assay/protocol';
import { type LogitsAt, scoredEnd, scoredPosition } from '@assay/roles/audit/scored';
import { type Detokenize, generateText, textPieces } from '@assay/roles/inference/output-text';
import { type Candidate, chooseToken, type Distribution, negLogprobMicro } from '@assay/roles/inference/sampling';
import type {
  ChatMessage,
  GeneratedToken,
  GenerateEvent,
  GenerateRequest,
  Scored,
  ScoredPosition,
  ScoreRequest,
} from '@assay/roles/ports/inference';
import type { Llama, LlamaContext, LlamaModel, Token } from 'node-llama-cpp';
import type { FileFacts, Numerics, WorkerOptions } from './messages.ts';
import { Lane } from './native.ts';
import { Pool } from './pool.ts';
import { type PromptPart, renderTemplate, type TemplateTokens } from './template.ts';

/**
 * With flash attention and in parts of fewer than 64 tokens, a token decoded alone gets the very logits it gets
 * within a prefill, so an honest answer is re-checked exactly. Otherwise llama.cpp takes other paths for single
 * tokens or for tiles of 64, and the distribution moves as far as by a change of quantisation.
 */
const batchTokens = 48;
/** Models from here on are worth more than one thread, bytes. */
const largeModelBytes = 500_000_000;
const maxThreads = 8;
/** Calls that may wait for one model. */
const maxWaitingCalls = 256;
/** Tokenizers that lose no byte of a text, so that no token stands for more than its own. */
const losslessKinds: ReadonlySet<string> = new Set(['gpt2', 'llama']);

/**
 * A model in memory. Every call runs in a context of its own, so what others ask changes no number; scoring has one
 * apart, so that audits never wait for users.
 */
export class LoadedModel {
  readonly contextTokens: number;
  readonly vocabularySize: number;
  /** No prompt of more bytes fits the context. */
  readonly #mostPromptBytes: number;
  readonly #llama: Llama;
  readonly #model: LlamaModel;
  readonly #threads: number;
  readonly #numerics: Numerics;
  readonly #generation: Pool<Lane>;
  readonly #scoring: Pool<Lane>;
  readonly #tokenTexts = new Map<number, string>();

  constructor(llama: Llama, model: LlamaModel, options: WorkerOptions) {
    this.#llama = llama;
    this.#model = model;
    this.#threads = options.threads ?? usualThreads(model.size);
    this.#numerics = options.numerics;
    // As the file says: without its weights llama.cpp does not read it.
    this.contextTokens = Math.min(
      options.contextTokens,
      model.fileInfo.architectureMetadata.context_length ?? Infinity,
    );
    const { tokens, model: kind } = model.fileInfo.metadata.tokenizer.ggml;
    this.vocabularySize = tokens.length;
    const longest = tokens.reduce((most, token) => Math.max(most, Buffer.byteLength(token)), 1);
    this.#mostPromptBytes = losslessKinds.has(kind) ? longest * this.contextTokens : Number.POSITIVE_INFINITY;
    const size = options.sequences;
    let shared: Promise<LlamaContext> | null = null;
    const context = () => {
      if (!options.numerics.sharesBatches) return this.#openContext(1);
      shared ??= this.#openContext(size);
      return shared;
    };
    this.#generation = new Pool({ create: () => this.#openLane(context()), size, maxWaiting: maxWaitingCalls });
    this.#scoring = new Pool({
      create: () => this.#openLane(this.#openContext(1)),
      size: 1,
      maxWaiting: maxWaitingCalls,
    });
  }

  render(messages: readonly ChatMessage[]): number[] {
    const template = this.#model.fileInfo.metadata.tokenizer.chat_template;
    if (template === undefined) throw new AssayError('INVALID_REQUEST', 'The model file has no chat template.');
    const { bos, bosString, eosString, shouldPrependBosToken } = this.#model.tokens;
    const parts = partsOf(template, { bos: bosString ?? '', eos: eosString ?? '' }, messages);
    this.#checkBytes(parts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0));
    const ids: Token[] = [];
    for (const { text, special } of parts) {
      const more = this.#model.tokenize(text, special, ids.length === 0 ? undefined : 'trimLeadingSpace');
      for (const id of more) ids.push(id);
    }
    return shouldPrependBosToken && bos !== null && ids[0] !== bos ? [bos, ...ids] : ids;
  }

  textPieces(ids: readonly number[]): Promise<Uint8Array[]> {
    this.#checkIds(ids);
    return textPieces(this.#detokenize, ids);
  }

  fileFacts(): FileFacts {
    const { contextTokens, vocabularySize } = this;
    const endIds = Array.from({ length: vocabularySize }, (_, id) => id).filter((id) => this.#isEnd(id));
    return { contextTokens, vocabularySize, endIds, weightBytes: this.#model.size };
  }

  detokenize(ids: readonly number[], before: readonly number[]): string | Promise<string> {
    this.#checkIds(ids);
    this.#checkIds(before);
    return this.#detokenize(ids, before);
  }

  /** The text of each token by itself, special ones too. */
  tokenTexts(ids: readonly number[]): string[] {
    this.#checkIds(ids);
    return ids.map((id) => this.#tokenText(id));
  }

  async *generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
    this.#checkPrompt(request.promptIds);
    this.#checkLength(request.promptIds.length + request.maxTokens);
    yield* this.#generation.using(signal, (lane) => this.#generateOn(lane, request, signal));
  }

  async *score(request: ScoreRequest, signal: AbortSignal): AsyncGenerator<Scored> {
    this.#checkPrompt(request.promptIds);
    this.#checkIds(request.outputIds);
    this.#checkLength(request.promptIds.length + request.outputIds.length);
    yield* this.#scoring.using(signal, (lane) => this.#scoreOn(lane, request, signal));
  }

  async *#generateOn(lane: Lane, request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
    let feed = await this.#prefill(lane, request.promptIds, signal);
    yield* generateText(request, this.#detokenize, async (step) => {
      const distribution = await lane.next(feed);
      signal.throwIfAborted();
      const chosen = chooseToken(distribution, request.sampling, step);
      if (this.#isEnd(chosen.id)) return null;
      feed = [chosen.id as Token];
      return this.#report(distribution, chosen, request.topLogprobs);
    });
  }

  async *#scoreOn(lane: Lane, request: ScoreRequest, signal: AbortSignal): AsyncGenerator<Scored> {
    const ids = [...request.promptIds, ...request.outputIds];
    const first = request.promptIds.length - 1;
    await lane.clear();
    const scored = new Map<number, LogitsAt>();
    const lastPosition = Math.max(-1, ...request.positions.map((position) => position.index));
    const lastIndex = request.asksEnd ? ids.length - 2 : first + lastPosition;
    for (let start = 0; start <= lastIndex; start += batchTokens) {
      signal.throwIfAborted();
      const part = ids.slice(start, Math.min(start + batchTokens, lastIndex + 1)) as Token[];
      const here = request.positions.filter((p) => first + p.index >= start && first + p.index < start + part.length);
      const idsAt = ({ index, ids: asked }: (typeof here)[number]) => [
        ...asked,
        ...request.outputIds.slice(index, index + 1),
      ];
      const asked = new Map(here.map((p) => [first + p.index - start, idsAt(p).filter((id) => this.#knows(id))]));
      const found = await lane.read(part, asked);
      for (const [index, logits] of found) scored.set(start + index - first, logits);
    }
    const positions = request.positions.map((position) => this.#viewOf(request, position, scored.get(position.index)));
    if (!request.asksEnd) return yield { positions, end: null };
    const last = await lane.next(ids.slice(-1) as Token[]);
    yield { positions, end: scoredEnd(last, request, (id) => this.#isEnd(id)) };
  }

  #viewOf(
    request: ScoreRequest,
    { index, ids }: ScoreRequest['positions'][number],
    at: LogitsAt | undefined,
  ): ScoredPosition {
    const id = request.outputIds[index];
    if (at === undefined || id === undefined) {
      throw new AssayError('INVALID_REQUEST', 'A position to score lies outside the output.');
    }
    return scoredPosition(at, request, { index, ids, isEnd: this.#isEnd(id) });
  }

  #isEnd(id: number): boolean {
    return this.#model.isEogToken(id as Token);
  }

  /** Feeds all but the last part of a prompt; gives that part. */
  async #prefill(lane: Lane, promptIds: readonly number[], signal: AbortSignal): Promise<Token[]> {
    await lane.clear();
    const ids = promptIds as Token[];
    let start = 0;
    for (; ids.length - start > batchTokens; start += batchTokens) {
      signal.throwIfAborted();
      await lane.feed(ids.slice(start, start + batchTokens));
    }
    signal.throwIfAborted();
    return ids.slice(start);
  }

  #report(distribution: Distribution, chosen: Candidate, alternatives: number): GeneratedToken {
    const view = (candidate: Candidate) => ({
      id: candidate.id,
      text: this.#tokenText(candidate.id),
      negLogprobMicro: negLogprobMicro(distribution, candidate.logit),
    });
    return { ...view(chosen), top: distribution.candidates.slice(0, alternatives).map(view) };
  }

  #tokenText(id: number): string {
    const known = this.#tokenTexts.get(id);
    if (known !== undefined) return known;
    const text = this.#model.detokenize([id as Token], true);
    this.#tokenTexts.set(id, text);
    return text;
  }

  readonly #detokenize: Detokenize = (ids, before) => this.#model.detokenize(ids as Token[], false, before as Token[]);

  async #openLane(context: Promise<LlamaContext>): Promise<Lane> {
    return new Lane(this.#llama, this.#model, { context: await context, threads: this.#threads });
  }

  #openContext(sequences: number): Promise<LlamaContext> {
    const { flashAttention, kvType } = this.#numerics;
    const type = kvType === 'f16' ? 'F16' : 'Q8_0';
    return this.#model.createContext({
      sequences,
      // With several threads a token decoded alone has a twin behind it, for which there must be room.
      contextSize: this.contextTokens + (this.#threads > 1 ? 1 : 0),
      batchSize: batchTokens,
      threads: this.#threads,
      flashAttention,
      experimentalKvCacheKeyType: type,
      experimentalKvCacheValueType: type,
    });
  }

  #knows(id: number): boolean {
    return Number.isInteger(id) && id >= 0 && id < this.vocabularySize;
  }

  /** A text of more bytes than the longest tokens of a whole context is not worth its tokenising (§5.19). */
  #checkBytes(bytes: number): void {
    if (bytes <= this.#mostPromptBytes) return;
    const most = `${this.contextTokens} tokens hold at most ${this.#mostPromptBytes} bytes`;
    throw new AssayError('CONTEXT_TOO_LONG', `The prompt has ${bytes} bytes, and ${most}.`);
  }

  #checkPrompt(ids: readonly number[]): void {
    if (ids.length === 0) throw new AssayError('INVALID_REQUEST', 'A prompt has at least one token.');
    this.#checkIds(ids);
  }

  #checkIds(ids: readonly number[]): void {
    const bad = ids.find((id) => !this.#knows(id));
    if (bad !== undefined) throw new AssayError('INVALID_REQUEST', `The model has no token ${bad}.`);
  }

  #checkLength(tokens: number): void {
    if (tokens <= this.contextTokens) return;
    throw new AssayError('CONTEXT_TOO_LONG', `They need ${tokens} tokens; the context holds ${this.contextTokens}.`);
  }
}

function partsOf(template: string, tokens: TemplateTokens, messages: readonly ChatMessage[]): PromptPart[] {
  try {
    return renderTemplate(template, tokens, messages);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AssayError('INVALID_REQUEST', `The chat template of the model refuses this conversation: ${reason}`, {
      cause,
    });
  }
}

/** One core stays free for the rest of the node: llama.cpp crawls when it must share all. */
function usualThreads(modelBytes: number): number {
  return modelBytes < largeModelBytes ? 1 : Math.max(1, Math.min(maxThreads, availableParallelism() - 1));
}
