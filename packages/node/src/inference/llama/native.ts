import type { LogitsAt } from '@assay/roles/audit/scored';
import { type Candidate, candidateCount, type Distribution } from '@assay/roles/inference/sampling';
import type { Llama, LlamaContext, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';

/**
 * The three functions of node-llama-cpp used below its public interface. Through `controlledEvaluate` the same
 * numbers cost a sort of the whole vocabulary (4.6 ms for 49k tokens) and a fresh sampler (0.6 MB, freed late) for
 * every token; here they cost 1 ms and nothing. The library is pinned to one version, and the tests of this folder
 * run through these calls.
 */
interface NativeSampler {
  applyConfig(config: { temperature: number; topK?: number; seed?: number }): void;
  dispose(): void;
}
type FilterOption = [tokens: number[], max: boolean, min: boolean, selected: boolean, top: number];
type SampleResult = [
  token: number,
  probabilities: unknown,
  confidence: unknown,
  logits?: number[],
  totalWeight?: number,
];
interface NativeContext {
  sampleToken(
    logitIndex: number,
    sampler: NativeSampler,
    probabilities: boolean,
    confidence: boolean,
    logits: FilterOption | false,
    totalWeight: boolean,
  ): Promise<SampleResult>;
}
interface Internals {
  sequence: {
    _decodeTokens(
      tokens: readonly Token[],
      logits: readonly (true | undefined)[],
      evaluationPriority: number,
      meter: LlamaContextSequence['tokenMeter'],
      contextShift: { size: number; strategy: 'eraseBeginning' },
      read: (logitIndex: number, tokenIndex: number) => Promise<unknown>,
    ): Promise<unknown[]>;
  };
  context: { _ctx: NativeContext };
  llama: { _bindings: { AddonSampler: new (model: unknown) => NativeSampler } };
  model: { _model: unknown };
}

/** The one sequence of a context and the samplers that read its distributions. Used by one call at a time. */
export class Lane {
  readonly sequence: LlamaContextSequence;
  readonly #native: Internals['sequence'];
  readonly #context: NativeContext;
  readonly #greedy: NativeSampler;
  readonly #top: NativeSampler;

  /** Whether a token decoded alone needs company; see `next`. */
  readonly #isPaired: boolean;

  constructor(llama: Llama, model: LlamaModel, { context, threads }: { context: LlamaContext; threads: number }) {
    this.#isPaired = threads > 1;
    this.sequence = context.getSequence();
    this.#native = this.sequence as unknown as Internals['sequence'];
    this.#context = (context as unknown as Internals['context'])._ctx;
    const { AddonSampler } = (llama as unknown as Internals['llama'])._bindings;
    const nativeModel = (model as unknown as Internals['model'])._model;
    this.#greedy = new AddonSampler(nativeModel);
    this.#greedy.applyConfig({ temperature: 0 });
    this.#top = new AddonSampler(nativeModel);
    this.#top.applyConfig({ temperature: 1, topK: candidateCount, seed: 0 });
  }

  clear(): Promise<void> {
    return this.sequence.clearHistory();
  }

  /** Adds tokens to the sequence; nothing is read. */
  async feed(tokens: readonly Token[]): Promise<void> {
    await this.#decode(tokens, [], () => Promise.resolve());
  }

  /**
   * Adds tokens and reads what may follow the last of them. For a single token several threads would share out the
   * cache and add up in another order than a prefill does; so it is decoded with a twin behind it, which is then
   * taken away.
   */
  async next(tokens: readonly Token[]): Promise<Distribution> {
    const last = tokens.length - 1;
    const twin = this.#isPaired && tokens.length === 1 ? tokens : [];
    const results = await this.#decode([...tokens, ...twin], [last], (index) => this.#readTop(index));
    const end = this.sequence.nextTokenIndex;
    if (twin.length > 0) await this.sequence.eraseContextTokenRanges([{ start: end - 1, end }]);
    return results[last] as Distribution;
  }

  async #readTop(index: number, ids: readonly number[] = []): Promise<LogitsAt> {
    const mostLikely: FilterOption = [[], false, false, false, candidateCount];
    const top = await this.#context.sampleToken(index, this.#top, false, false, mostLikely, false);
    const asked: FilterOption | false = ids.length > 0 && [[...ids], false, false, false, 0];
    const whole = await this.#context.sampleToken(index, this.#greedy, false, false, asked, true);
    const logits = new Map(pairs(whole[3]).map((pair) => [pair.id, pair.logit]));
    return { candidates: ordered(pairs(top[3])), logits, totalWeight: whole[4] ?? Number.NaN };
  }

  /** Adds tokens and reads, at each index of `asked`, what may follow and the logits of the ids asked there. */
  async read(tokens: readonly Token[], asked: ReadonlyMap<number, readonly number[]>): Promise<Map<number, LogitsAt>> {
    const results = await this.#decode(tokens, [...asked.keys()], (index, tokenIndex) =>
      this.#readTop(index, asked.get(tokenIndex)),
    );
    return new Map([...asked.keys()].map((index) => [index, results[index] as LogitsAt]));
  }

  #decode(
    tokens: readonly Token[],
    wanted: readonly number[],
    read: (logitIndex: number, tokenIndex: number) => Promise<unknown>,
  ): Promise<unknown[]> {
    const logits: (true | undefined)[] = new Array(tokens.length);
    for (const index of wanted) logits[index] = true;
    const shift = { size: 1, strategy: 'eraseBeginning' } as const;
    return this.#native._decodeTokens(tokens, logits, 5, this.sequence.tokenMeter, shift, read);
  }
}

function pairs(flat: readonly number[] = []): Candidate[] {
  const out: Candidate[] = [];
  for (let i = 1; i < flat.length; i += 2) out.push({ id: flat[i - 1] ?? 0, logit: flat[i] ?? 0 });
  return out;
}

function ordered(candidates: Candidate[]): Candidate[] {
  return candidates.sort((a, b) => b.logit - a.logit || a.id - b.id);
}
