import { AssayError } from '@assay/protocol';
import { scoredEnd, scoredPosition } from '@assay/roles/audit/scored';
import { generateText } from '@assay/roles/inference/output-text';
import { type Distribution, microNats } from '@assay/roles/inference/sampling';
import type {
  ChatMessage,
  GeneratedToken,
  GenerateEvent,
  GenerateRequest,
  InferenceModel,
  Scored,
  ScoreRequest,
} from '@assay/roles/ports/inference';
import type { Vocabulary } from '../vocabulary.ts';
import type { CompletionServer } from './completions.ts';
import type { SoundStep, SoundToken } from './numbers.ts';

/**
 * A model whose weights another server computes with. Prompts, text and ends come from the registered file here, so
 * that an auditor finds the same ids and bytes (verification §1.8); the server only goes on from ids.
 */
export class UpstreamModel implements InferenceModel {
  readonly contextTokens: number;
  readonly vocabularySize: number;
  readonly #vocabulary: Vocabulary;
  readonly #server: CompletionServer;
  readonly #ends: ReadonlySet<number>;
  readonly #tokenTexts = new Map<number, string>();

  constructor(vocabulary: Vocabulary, server: CompletionServer, contextTokens: number) {
    this.#vocabulary = vocabulary;
    this.#server = server;
    this.contextTokens = contextTokens;
    this.vocabularySize = vocabulary.vocabularySize;
    this.#ends = new Set(vocabulary.endIds);
  }

  render(messages: readonly ChatMessage[]): Promise<number[]> {
    return this.#vocabulary.render(messages);
  }

  textPieces(ids: readonly number[]): Promise<Uint8Array[]> {
    return this.#vocabulary.textPieces(ids);
  }

  async *generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
    const { promptIds, maxTokens, sampling, topLogprobs: alternatives } = request;
    this.#checkLength(promptIds.length + maxTokens);
    const asked = { promptIds, maxTokens, sampling, alternatives };
    const steps = this.#server.steps(asked, signal)[Symbol.asyncIterator]();
    const detokenize = (ids: readonly number[], before: readonly number[]) => this.#vocabulary.detokenize(ids, before);
    try {
      yield* generateText(request, detokenize, async () => {
        const next = await steps.next();
        signal.throwIfAborted();
        return next.done === true ? null : this.#report(next.value);
      });
    } finally {
      // A stop sequence, or who left, ends the request at the server, too.
      await steps.return?.();
    }
  }

  async score(request: ScoreRequest, signal: AbortSignal): Promise<Scored> {
    const { promptIds, outputIds, positions, asksEnd } = request;
    if (positions.some(({ index }) => index < 0 || index >= outputIds.length)) {
      throw new AssayError('INVALID_REQUEST', 'A position to score lies outside the output.');
    }
    const ids = [...promptIds, ...outputIds];
    this.#checkLength(ids.length);
    const places = positions.map(({ index }) => promptIds.length + index);
    const all = [...places, ...(asksEnd ? [ids.length] : [])];
    const found = all.length === 0 ? null : await this.#server.distributions(ids, all, signal);
    const at = (place: number): Distribution => {
      const distribution = found?.get(place);
      if (distribution !== undefined && distribution.candidates.length > 0) return distribution;
      throw new AssayError('BACKEND_FAILED', 'The upstream server scored less than it was asked to.');
    };
    const isEnd = (id: number) => this.#ends.has(id);
    return {
      positions: positions.map(({ index, ids: asked }) => {
        const distribution = at(promptIds.length + index);
        const logits = new Map(distribution.candidates.map(({ id, logit }) => [id, logit]));
        const place = { index, ids: asked, isEnd: isEnd(outputIds[index] ?? -1) };
        return scoredPosition({ ...distribution, logits }, request, place);
      }),
      end: asksEnd ? scoredEnd(at(ids.length), request, isEnd) : null,
    };
  }

  async #report(step: SoundStep): Promise<GeneratedToken> {
    const unknown = [step, ...step.top].map(({ id }) => id).filter((id) => !this.#tokenTexts.has(id));
    if (unknown.length > 0) {
      const texts = await this.#vocabulary.tokenTexts(unknown);
      for (const [i, id] of unknown.entries()) this.#tokenTexts.set(id, texts[i] ?? '');
    }
    const view = ({ id, logprob }: SoundToken) => {
      return { id, text: this.#tokenTexts.get(id) ?? '', negLogprobMicro: microNats(-logprob) };
    };
    return { ...view(step), top: step.top.map(view) };
  }

  #checkLength(tokens: number): void {
    if (tokens <= this.contextTokens) return;
    throw new AssayError('CONTEXT_TOO_LONG', `They need ${tokens} tokens; the context holds ${this.contextTokens}.`);
  }
}
