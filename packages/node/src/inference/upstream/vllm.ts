import { randomUUID } from 'node:crypto';
import { AssayError, type EngineInfo, Name } from '@assay/protocol';
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
import { failed } from './failures.ts';
import { countOf, type Fields, fieldsOf, listOf, textOf } from './fields.ts';
import type { ServerHttp } from './http.ts';
import { type SaidToken, type SoundStep, soundStep } from './numbers.ts';

/** Below this, but for 0, vLLM takes this temperature instead. */
const leastTemperatureMicro = 10_000;
/** A list of 64 alternatives, as JSON with the text of each token. */
const placeBytes = 16 * 1024;

/** A vLLM server: `/v1/completions` on ids, with `token_id:N` in place of text. */
export class VllmServer implements CompletionServer {
  readonly engine: EngineInfo;
  readonly contextTokens: number;
  readonly scoringCure: string | null;
  readonly #http: ServerHttp;
  readonly #modelName: string;
  readonly #endIds: readonly number[];
  readonly #vocabularySize: number;

  constructor(
    http: ServerHttp,
    facts: Pick<CompletionServer, 'engine' | 'contextTokens' | 'scoringCure'> & { readonly modelName: string },
    { endIds, vocabularySize }: Pick<Vocabulary, 'endIds' | 'vocabularySize'>,
  ) {
    this.engine = facts.engine;
    this.contextTokens = facts.contextTokens;
    this.scoringCure = facts.scoringCure;
    this.#modelName = facts.modelName;
    this.#http = http;
    this.#endIds = endIds;
    this.#vocabularySize = vocabularySize;
  }

  async *steps(request: CompletionRequest, signal: AbortSignal): AsyncGenerator<Step> {
    const { promptIds, maxTokens, sampling, alternatives } = request;
    if (sampling.temperatureMicro > 0 && sampling.temperatureMicro < leastTemperatureMicro) {
      throw new AssayError('UNSUPPORTED_PARAMETER', 'vLLM takes no temperature between 0 and 0.01.');
    }
    const body = {
      ...this.#plain(promptIds),
      ...samplingOf(sampling),
      seed: sampling.seed,
      max_tokens: maxTokens,
      logprobs: alternatives,
      return_token_ids: true,
      stream: true,
    };
    let seen = 0;
    const asked = { signal, ...streamBounds(request) };
    for await (const event of this.#http.stream('/v1/completions', body, asked)) {
      const choice = fieldsOf(listOf(event.choices)[0]);
      if (choice === null) continue;
      this.#requirePrompt(choice, promptIds);
      const steps = this.#stepsOf(choice, alternatives);
      for (const [i, step] of steps.entries()) {
        if (this.#endIds.includes(step.id)) return;
        if (++seen > maxTokens) throw this.#failed('gives more tokens than were asked for.');
        // The text of several tokens comes in one piece, with the last.
        yield { ...step, said: i === steps.length - 1 ? textOf(choice.text) : '' };
      }
      if (choice.finish_reason === null || choice.finish_reason === undefined) continue;
      if (choice.finish_reason === 'length' && seen === maxTokens) return;
      throw this.#failed(`ended an answer early (${textOf(choice.finish_reason)}): not where the model file ends one.`);
    }
    throw this.#failed('broke off in the middle of an answer.');
  }

  /** One prefill of all ids, and one token after them. */
  async distributions(
    ids: readonly number[],
    places: readonly number[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, Distribution>> {
    if (this.scoringCure !== null) throw this.#failed(`gives too few alternatives to score with. ${this.scoringCure}`);
    const body = {
      ...this.#plain(ids),
      temperature: 1,
      max_tokens: 1,
      logprobs: candidateCount,
      prompt_logprobs: candidateCount,
      return_token_ids: true,
      stream: false,
    };
    const maxBytes = placeBytes * (ids.length + 1);
    const answer = await this.#http.post('/v1/completions', body, { signal, maxBytes });
    const choice = fieldsOf(listOf(answer.choices)[0]) ?? {};
    this.#requirePrompt(choice, ids);
    const before = listOf(choice.prompt_logprobs);
    const after = () => this.#stepsOf(choice, candidateCount)[0]?.top ?? [];
    return new Map(
      places.map((place) => {
        const top = place < ids.length ? this.#topOf(before[place], ids[place]) : after();
        return [place, distributionOf(top)];
      }),
    );
  }

  /** What every question says: no template, no penalty, no end but those of the model file, and nothing shared. */
  #plain(promptIds: readonly number[]) {
    return {
      model: this.#modelName,
      prompt: promptIds,
      add_special_tokens: false,
      skip_special_tokens: false,
      spaces_between_special_tokens: false,
      return_tokens_as_token_ids: true,
      repetition_penalty: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      ignore_eos: true,
      stop_token_ids: this.#endIds,
      stop: [],
      // A cache of others' prompts would tell who asked the same, and compute it otherwise.
      cache_salt: randomUUID(),
    };
  }

  #requirePrompt({ prompt_token_ids: said }: Fields, promptIds: readonly number[]): void {
    if (said === undefined || said === null) return;
    const ids = listOf(said);
    if (ids.length === promptIds.length && promptIds.every((id, i) => ids[i] === id)) return;
    throw this.#failed('goes on from another prompt than it was given.');
  }

  #stepsOf(choice: Fields, alternatives: number): SoundStep[] {
    const logprobs = fieldsOf(choice.logprobs);
    const tokens = listOf(logprobs?.tokens);
    const chosen = listOf(logprobs?.token_logprobs);
    const tops = listOf(logprobs?.top_logprobs);
    const ids = listOf(choice.token_ids);
    if (ids.length !== tokens.length || tops.length !== tokens.length || chosen.length !== tokens.length) {
      throw this.#failed('gives tokens without their numbers.');
    }
    return tokens.map((token, i) => {
      const id = idOf(token);
      if (id !== ids[i]) throw this.#failed('contradicts itself about the token it chose.');
      return this.#sound({ id, logprob: chosen[i] }, alternativesIn(tops[i]), alternatives);
    });
  }

  /** The likeliest tokens at a place of a prompt; the one that stands there is told, too. */
  #topOf(place: unknown, id: number | undefined): SoundStep['top'] {
    const said = Object.entries(fieldsOf(place) ?? {}).map(([key, value]) => {
      return { id: Number(key), logprob: fieldsOf(value)?.logprob };
    });
    const standing = said.find((each) => each.id === id);
    if (standing === undefined) throw this.#failed('scores another prompt than it was given.');
    return this.#sound(standing, said, candidateCount).top;
  }

  #sound(chosen: SaidToken, said: readonly SaidToken[], alternatives: number): SoundStep {
    const top = said.toSorted((a, b) => Number(b.logprob) - Number(a.logprob));
    const { baseUrl } = this.#http;
    return soundStep({ ...chosen, top }, { baseUrl, vocabularySize: this.#vocabularySize, alternatives });
  }

  #failed(what: string) {
    return failed(this.#http.baseUrl, what);
  }
}

/** What `/version`, `/v1/models` and one answer say, as far as it moves numbers: device and cache are not among it. */
export function vllmFacts(listed: Fields, version: Fields, answer: Fields | null) {
  // `vllm-0.18.0-tp2-1a2b3c4d`
  const parallel = /-tp(\d{1,4})-/.exec(textOf(answer?.system_fingerprint))?.[1];
  return {
    contextTokens: countOf(listed.max_model_len) ?? 0,
    engine: {
      name: 'vllm',
      build: Name.fitted(textOf(version.version) || 'unknown'),
      backend: 'unknown',
      attention: 'unknown',
      kvType: 'unknown',
      weights: 'unknown',
      sampler: 'temperatureFirst',
      tensorParallel: Number(parallel ?? 1),
      batchInvariant: false,
      // Each question has a salt of its own.
      prefixCache: false,
    } satisfies EngineInfo,
  };
}

/** `token_id:123` names a token. */
function idOf(name: unknown): number | null {
  const digits = /^token_id:(\d{1,10})$/.exec(textOf(name))?.[1];
  return digits === undefined ? null : Number(digits);
}

function alternativesIn(top: unknown): SaidToken[] {
  return Object.entries(fieldsOf(top) ?? {}).map(([name, logprob]) => ({ id: idOf(name), logprob }));
}
