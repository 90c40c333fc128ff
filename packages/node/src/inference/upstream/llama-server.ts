import { type EngineInfo, Name, type Sampling } from '@assay/protocol';
import { candidateCount, type Distribution, drawToken, keptCandidates } from '@assay/roles/inference/sampling';
import type { Vocabulary } from '../vocabulary.ts';
import {
  type CompletionRequest,
  type CompletionServer,
  distributionOf,
  eventBytes,
  rankOf,
  type Step,
  samplingOf,
  streamBounds,
} from './completions.ts';
import { failed } from './failures.ts';
import { countOf, type Fields, fieldsOf, listOf, textOf } from './fields.ts';
import type { ServerHttp } from './http.ts';
import { type Expected, type SaidStep, type SoundStep, soundStep } from './numbers.ts';

/** Cuts on the raw probabilities, then the temperature; nothing else, whatever the server was started with. */
const plainChain = {
  samplers: ['top_k', 'top_p', 'min_p', 'temperature'],
  mirostat: 0,
  dynatemp_range: 0,
  min_keep: 0,
  ignore_eos: false,
  logit_bias: [],
  lora: [],
  stop: [],
  post_sampling_probs: false,
  return_tokens: true,
};

/** A llama.cpp server: `/completion` on ids, which gives raw probabilities. */
export class LlamaServer implements CompletionServer {
  readonly engine: EngineInfo;
  readonly contextTokens: number;
  readonly scoringCure = null;
  readonly #http: ServerHttp;
  readonly #ends: ReadonlySet<number>;
  readonly #vocabularySize: number;
  /** A token that is whole characters, whatever stands before it. */
  readonly #plainId: number;

  constructor(
    http: ServerHttp,
    facts: Pick<CompletionServer, 'engine' | 'contextTokens'> & { readonly plainId: number },
    { endIds, vocabularySize }: Pick<Vocabulary, 'endIds' | 'vocabularySize'>,
  ) {
    this.engine = facts.engine;
    this.contextTokens = facts.contextTokens;
    this.#plainId = facts.plainId;
    this.#http = http;
    this.#ends = new Set(endIds);
    this.#vocabularySize = vocabularySize;
  }

  /**
   * verification §1.9 The server streams no token that ends within a character: not its id, not its numbers. It says
   * how many there were, so the gap shows; then the tokens of that character are drawn here, from its distributions,
   * and a new stream goes on after it. What the answer has computed already is used again (`cache_prompt`).
   */
  async *steps(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<Step> {
    const given: number[] = [];
    const isFull = () => given.length === request.maxTokens;
    while (!isFull()) {
      let isOpen = false;
      for await (const next of this.#stream(request, given, signal)) {
        if (next === 'end') return;
        isOpen = next === 'gap';
        if (next === 'gap') break;
        given.push(next.id);
        yield next;
      }
      const bytes: number[] = [];
      while (isOpen && !isFull()) {
        const drawn = await this.#draw(request, { given, bytes }, signal);
        if (drawn === null) return;
        given.push(drawn.step.id);
        bytes.push(...drawn.bytes);
        isOpen = endsWithinCharacter(bytes);
        yield { ...drawn.step, said: null };
      }
    }
  }

  async distributions(
    ids: readonly number[],
    places: readonly number[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, Distribution>> {
    const found = new Map<number, Distribution>();
    for (const place of places) found.set(place, distributionOf((await this.#peek(ids.slice(0, place), signal)).top));
    return found;
  }

  /** Tokens of one stream; `gap` where it swallowed some, `end` where the model ends. */
  async *#stream(
    request: CompletionRequest,
    given: readonly number[],
    signal: AbortSignal,
  ): AsyncGenerator<Step | 'gap' | 'end'> {
    const { promptIds, maxTokens, sampling, alternatives } = request;
    const before = given.length;
    const body = {
      ...plainChain,
      prompt: [...promptIds, ...given],
      n_predict: maxTokens - before,
      ...samplingOf(sampling),
      // Another stream of one answer has other chance.
      seed: (sampling.seed + before) % 2 ** 32,
      n_probs: alternatives,
      cache_prompt: before > 0,
      stream: true,
    };
    const most = maxTokens - before;
    let seen = 0;
    for await (const event of this.#http.stream('/completion', body, { signal, ...streamBounds(request) })) {
      const predicted = countOf(event.tokens_predicted);
      const isLast = event.stop === true;
      const expected = seen + (isLast ? 0 : 1);
      if (predicted === null || predicted < expected || predicted > most) throw this.#failed('miscounts its tokens.');
      if (predicted > expected) return yield 'gap';
      if (isLast) return this.#requireEnd(event, { isFull: seen === most });
      const [said] = listOf(event.completion_probabilities);
      const step = soundStep(saidStep(said), this.#expected(alternatives));
      if (this.#ends.has(step.id)) return yield 'end';
      seen++;
      yield { ...step, said: textOf(event.content) };
    }
    throw this.#failed('broke off in the middle of an answer.');
  }

  #requireEnd({ stop_type: type }: Fields, { isFull }: { isFull: boolean }): void {
    if (isFull && type === 'limit') return;
    if (type === 'limit')
      throw this.#failed('cut an answer short: its context is too small. Start it with a larger -c.');
    throw this.#failed('ends an answer where the model file does not. Serve that file.');
  }

  /** The next token of a character that is open: the first as one of those that the server swallows. */
  async #draw(
    { promptIds, sampling, alternatives }: CompletionRequest,
    { given, bytes }: { readonly given: readonly number[]; readonly bytes: readonly number[] },
    signal: AbortSignal,
  ): Promise<{ step: SoundStep; bytes: readonly number[] } | null> {
    const peeked = await this.#peek([...promptIds, ...given], signal);
    const kept = keptCandidates(cutByServer(peeked.top, sampling), sampling);
    const swallowed = kept.filter(({ id }) => endsWithinCharacter(peeked.bytes.get(id) ?? []));
    const among = bytes.length === 0 && swallowed.length > 0 ? swallowed : kept;
    const drawn = drawToken(among, sampling, given.length);
    if (drawn === null) throw this.#failed('says nothing that may follow.');
    if (this.#ends.has(drawn.id)) return null;
    const step = { id: drawn.id, logprob: drawn.logit, top: peeked.top.slice(0, alternatives) };
    return { step, bytes: peeked.bytes.get(drawn.id) ?? [] };
  }

  /** What may follow some ids. The token is forced to be one that is not swallowed; the probabilities are raw. */
  async #peek(ids: readonly number[], signal: AbortSignal) {
    const body = {
      ...plainChain,
      prompt: ids,
      n_predict: 1,
      temperature: 0,
      logit_bias: [[this.#plainId, 1e9]],
      n_probs: candidateCount,
      cache_prompt: true,
      stream: false,
    };
    const answer = await this.#http.post('/completion', body, {
      signal,
      maxBytes: eventBytes({ promptIds: ids, maxTokens: 1 }),
    });
    const said = fieldsOf(listOf(answer.completion_probabilities)[0]);
    const { top } = soundStep(saidStep(said), this.#expected(candidateCount));
    const bytes = listOf(said?.top_logprobs).map(
      (each) => [fieldsOf(each)?.id, bytesOf(fieldsOf(each)?.bytes)] as const,
    );
    return { top, bytes: new Map<unknown, readonly number[]>(bytes) };
  }

  #expected(alternatives: number): Expected {
    return { baseUrl: this.#http.baseUrl, vocabularySize: this.#vocabularySize, alternatives };
  }

  #failed(what: string) {
    return failed(this.#http.baseUrl, what);
  }
}

/** What `/v1/models` and `/props` say, as far as it moves numbers: neither device nor cache are among it. */
export function llamaServerFacts(listed: Fields, props: Fields) {
  const meta = fieldsOf(listed.meta);
  const settings = fieldsOf(props.default_generation_settings);
  return {
    contextTokens: countOf(settings?.n_ctx) ?? countOf(meta?.n_ctx) ?? 0,
    vocabularySize: countOf(meta?.n_vocab),
    weightBytes: countOf(meta?.size),
    engine: {
      name: 'llama.cpp server',
      build: Name.fitted(textOf(props.build_info) || 'unknown'),
      backend: 'unknown',
      attention: 'unknown',
      kvType: 'unknown',
      weights: 'file',
      sampler: 'cutsFirst',
      tensorParallel: 1,
      batchInvariant: false,
      prefixCache: false,
    } satisfies EngineInfo,
  };
}

function saidStep(said: unknown): SaidStep {
  const fields = fieldsOf(said);
  const top = listOf(fields?.top_logprobs).map((each) => {
    const { id, logprob } = fieldsOf(each) ?? {};
    return { id, logprob };
  });
  return { id: fields?.id, logprob: fields?.logprob, top };
}

/** As the server cuts: by rank first, and then by the mass of what is left. */
function cutByServer(top: SoundStep['top'], { topK }: Sampling): Distribution {
  const candidates = distributionOf(top).candidates.slice(0, rankOf(topK));
  const first = candidates[0]?.logit ?? 0;
  return { candidates, totalWeight: candidates.reduce((sum, { logit }) => sum + Math.exp(logit - first), 0) };
}

function bytesOf(value: unknown): readonly number[] {
  return listOf(value).map((byte) => countOf(byte) ?? 0);
}

/** As the server judges it: whether the first byte of a character stands there without all of the rest. */
export function endsWithinCharacter(bytes: readonly number[]): boolean {
  return [1, 2, 3].some((back) => {
    const byte = bytes.at(-back) ?? 0;
    const length =
      byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 && byte < 0xf0 ? 3 : byte >= 0xc0 && byte < 0xe0 ? 2 : 0;
    return length > back && bytes.length >= back;
  });
}
