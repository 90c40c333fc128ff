import { type EngineInfo, Name } from '@assay/protocol';
import { candidateCount, type Distribution } from '@assay/roles/inference/sampling';
import type { Vocabulary } from '../vocabulary.ts';
import {
  type CompletionRequest,
  type CompletionServer,
  distributionOf,
  type Step,
  samplingOf,
  streamBounds,
} from './completions.ts';
import { failed, refused, requestStatuses } from './failures.ts';
import { countOf, type Fields, fieldsOf, listOf, textOf } from './fields.ts';
import type { ServerHttp } from './http.ts';
import { type SaidToken, type SoundStep, soundStep } from './numbers.ts';

/** A list of 64 alternatives, as JSON. */
const placeBytes = 8 * 1024;

/** An SGLang server: `/generate` on ids. Each event says again all that came before, or only what is new. */
export class SglangServer implements CompletionServer {
  readonly engine: EngineInfo;
  readonly contextTokens: number;
  readonly scoringCure = null;
  readonly #http: ServerHttp;
  readonly #takesSeed: boolean;
  readonly #endIds: readonly number[];
  readonly #vocabularySize: number;

  constructor(
    http: ServerHttp,
    facts: Pick<CompletionServer, 'engine' | 'contextTokens'>,
    { endIds, vocabularySize }: Pick<Vocabulary, 'endIds' | 'vocabularySize'>,
  ) {
    this.engine = facts.engine;
    this.contextTokens = facts.contextTokens;
    // Otherwise it knows none.
    this.#takesSeed = facts.engine.batchInvariant;
    this.#http = http;
    this.#endIds = endIds;
    this.#vocabularySize = vocabularySize;
  }

  async *steps(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<Step> {
    const { promptIds, maxTokens, sampling, alternatives } = request;
    const body = {
      input_ids: promptIds,
      sampling_params: {
        ...this.#plain(),
        ...samplingOf(sampling),
        max_new_tokens: maxTokens,
        ...(this.#takesSeed ? { sampling_seed: sampling.seed } : {}),
      },
      return_logprob: true,
      logprob_start_len: -1,
      top_logprobs_num: alternatives,
      stream: true,
    };
    let seen = 0;
    let told = 0;
    const asked = { signal, ...streamBounds(request) };
    for await (const event of this.#http.stream('/generate', body, asked)) {
      const info = fieldsOf(event.meta_info) ?? {};
      const text = textOf(event.text);
      const { steps, isWhole } = this.#fresh(info, seen, alternatives);
      // Whole texts are told again, too.
      const said = isWhole ? text.slice(told) : text;
      told += said.length;
      for (const [i, step] of steps.entries()) {
        if (this.#endIds.includes(step.id)) return;
        if (++seen > maxTokens) throw this.#failed('gives more tokens than were asked for.');
        yield { ...step, said: i === steps.length - 1 ? said : '' };
      }
      const reason = fieldsOf(info.finish_reason);
      if (reason === null) continue;
      if (reason.type === 'length' && seen === maxTokens) return;
      throw this.#abort(reason);
    }
    throw this.#failed('broke off in the middle of an answer.');
  }

  /** One prefill of all ids, and one token after them. */
  async distributions(
    ids: readonly number[],
    places: readonly number[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, Distribution>> {
    // The first place that is asked for is said to have no number: nothing is computed before it.
    const start = Math.max(0, Math.min(...places) - 1);
    const body = {
      input_ids: ids,
      sampling_params: { ...this.#plain(), temperature: 1, max_new_tokens: 1 },
      return_logprob: true,
      logprob_start_len: start,
      top_logprobs_num: candidateCount,
      stream: false,
    };
    const answer = await this.#http.post('/generate', body, { signal, maxBytes: placeBytes * (ids.length + 1) });
    const info = fieldsOf(answer.meta_info) ?? {};
    const before = listOf(info.input_top_logprobs);
    const standing = listOf(info.input_token_logprobs);
    const after = () => this.#fresh(info, 0, candidateCount).steps[0]?.top ?? [];
    return new Map(
      places.map((place) => {
        const at = place - start;
        const isAsked = place === ids.length || saidToken(standing[at]).id === ids[place];
        if (!isAsked) throw this.#failed('scores another prompt than it was given.');
        const top = place === ids.length ? after() : this.#sound(standing[at], before[at], candidateCount).top;
        return [place, distributionOf(top)];
      }),
    );
  }

  #plain() {
    return {
      repetition_penalty: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      skip_special_tokens: false,
      spaces_between_special_tokens: false,
      stop_token_ids: this.#endIds,
    };
  }

  /** Steps of an event that were not seen before; whether it says all again. */
  #fresh(info: Fields, seen: number, alternatives: number): { steps: SoundStep[]; isWhole: boolean } {
    // Newer ones say how many numbers there are in all.
    const total = countOf(info.output_token_logprobs_length ?? info.completion_tokens);
    const chosen = listOf(info.output_token_logprobs);
    const tops = listOf(info.output_top_logprobs);
    if (total === null || total < seen || tops.length !== chosen.length) throw this.#failed('miscounts its tokens.');
    const isWhole = chosen.length === total;
    const start = isWhole ? seen : 0;
    if (chosen.length - start !== total - seen) throw this.#failed('gives tokens without their numbers.');
    const steps = chosen.slice(start).map((each, i) => this.#sound(each, tops[start + i], alternatives));
    return { steps, isWhole };
  }

  #sound(chosen: unknown, top: unknown, alternatives: number): SoundStep {
    const { baseUrl } = this.#http;
    const said = { ...saidToken(chosen), top: listOf(top).map(saidToken) };
    return soundStep(said, { baseUrl, vocabularySize: this.#vocabularySize, alternatives });
  }

  #abort({ type, message, status_code: status }: Fields) {
    const reason = textOf(message) || textOf(type);
    if (type === 'abort' && requestStatuses.has(status)) return refused(reason, { isTooLong: false });
    return this.#failed(`ended an answer early (${reason}): not where the model file ends one.`);
  }

  #failed(what: string) {
    return failed(this.#http.baseUrl, what);
  }
}

/** What `/server_info` says, as far as it moves numbers. */
export function sglangFacts(listed: Fields, info: Fields) {
  const fact = (value: unknown, otherwise: string) => Name.fitted(textOf(value) || otherwise);
  return {
    contextTokens: countOf(listed.max_model_len) ?? countOf(info.context_length) ?? 0,
    engine: {
      name: 'sglang',
      build: fact(info.version, 'unknown'),
      backend: fact(info.device, 'unknown'),
      attention: fact(info.attention_backend, 'auto'),
      kvType: fact(info.kv_cache_dtype, 'auto'),
      weights: fact(info.quantization, fact(info.dtype, 'unknown')),
      sampler: 'temperatureFirst',
      tensorParallel: countOf(info.tp_size) ?? 1,
      batchInvariant: info.enable_deterministic_inference === true,
      prefixCache: info.disable_radix_cache !== true,
    } satisfies EngineInfo,
  };
}

/** `[logprob, id, text]` */
function saidToken(value: unknown): SaidToken {
  const [logprob, id] = listOf(value);
  return { id, logprob };
}
