import { type Reply, type Served, serve } from './served.fixture.ts';
import { chanceOf, drawTempered, logprobsOf, type TinyCompletions } from './tiny-completions.fixture.ts';

export interface SglangOptions {
  /** `SGLANG_RETURN_ORIGINAL_LOGPROB` */
  readonly isOriginal?: boolean;
  /** `--incremental-streaming-output`: each event says what is new, not all again. */
  readonly isIncremental?: boolean;
}

const contextTokens = 512;

interface Sampling {
  readonly max_new_tokens: number;
  readonly temperature: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly min_p?: number;
  readonly stop_token_ids?: readonly number[];
}

interface Asked {
  readonly input_ids: readonly number[];
  readonly sampling_params: Sampling;
  readonly logprob_start_len?: number;
  readonly top_logprobs_num: number;
  readonly stream: boolean;
}

/** `[logprob, id, text]`; no text unless it is asked for. */
type Said = readonly [logprob: number | null, id: number, text: null];
interface Token {
  readonly chosen: Said;
  readonly top: readonly Said[];
}

/** What `/get_server_info` says of the arguments of a server, as far as somebody reads it. */
const serverInfo = {
  version: '0.5.9',
  device: 'cuda',
  attention_backend: 'fa3',
  kv_cache_dtype: 'auto',
  quantization: null,
  dtype: 'bfloat16',
  tp_size: 4,
  enable_deterministic_inference: false,
  disable_radix_cache: false,
  context_length: null,
};

/** A server that speaks SGLang's protocol (0.5, `srt/managers/tokenizer_manager.py`) over a model of this process. */
export function startSglang(model: TinyCompletions, options: SglangOptions = {}): Promise<Served> {
  const card = {
    id: 'tiny',
    object: 'model',
    created: 0,
    owned_by: 'sglang',
    root: 'tiny',
    max_model_len: contextTokens,
  };
  return serve({
    'GET /v1/models': (_, reply) => reply.json({ object: 'list', data: [card] }),
    'GET /get_server_info': (_, reply) => reply.json(serverInfo),
    'POST /generate': async (body, reply) => {
      const asked = body as unknown as Asked;
      const { max_new_tokens: most, top_k: topK = -1, top_p: topP = 1 } = asked.sampling_params;
      if (topK === 0 || topP === 0) return reply.json({ error: { message: 'top_k must be -1 or at least 1' } }, 400);
      if (asked.input_ids.length + most > contextTokens) {
        const message = `Requested token count exceeds the model's maximum context length of ${contextTokens} tokens.`;
        return asked.stream ? refuse(reply, message) : reply.json({ error: { message } }, 400);
      }
      await (asked.stream ? stream(model, asked, { options, reply }) : answer(model, asked, { options, reply }));
    },
  });
}

/** In a stream a refusal comes after the headers. */
async function refuse(reply: Reply, message: string): Promise<void> {
  await reply.event({ error: { message } });
  await reply.event('[DONE]');
  reply.end();
}

interface Way {
  readonly options: SglangOptions;
  readonly reply: Reply;
}

async function stream(model: TinyCompletions, asked: Asked, { options, reply }: Way): Promise<void> {
  const all: Token[] = [];
  let said = '';
  for await (const { token, finish } of tokens(model, asked, options)) {
    if (reply.hasLeft) return;
    all.push(token);
    const shown = finish?.type === 'stop' ? all.slice(0, -1) : all;
    const text = model.textOf(shown.map(({ chosen }) => chosen[1]));
    const fresh = options.isIncremental === true ? all.slice(-1) : all;
    await reply.event({
      text: options.isIncremental === true ? text.slice(said.length) : text,
      output_ids: fresh.map(({ chosen }) => chosen[1]),
      meta_info: {
        ...metaOf(fresh, asked, finish),
        completion_tokens: all.length,
        output_token_logprobs_length: all.length,
      },
    });
    said = text;
  }
  await reply.event('[DONE]');
  reply.end();
}

async function answer(model: TinyCompletions, asked: Asked, { options, reply }: Way): Promise<void> {
  const all: Token[] = [];
  for await (const { token } of tokens(model, asked, options)) all.push(token);
  const { input_ids: ids, logprob_start_len: start = -1, top_logprobs_num: count } = asked;
  const before: Token[] = [];
  for (let at = start; start >= 0 && at < ids.length; at++) {
    const list = at === start ? [] : logprobsOf(await model.after(ids.slice(0, at)));
    const standing = list.find(([id]) => id === ids[at])?.[1] ?? (at === start ? null : -99);
    before.push({ chosen: [standing, ids[at] ?? 0, null], top: list.slice(0, count).map(([id, p]) => [p, id, null]) });
  }
  reply.json({
    text: model.textOf(all.map(({ chosen }) => chosen[1])),
    output_ids: all.map(({ chosen }) => chosen[1]),
    meta_info: {
      ...metaOf(all, asked, { type: 'length', length: all.length }),
      completion_tokens: all.length,
      input_token_logprobs: before.map(({ chosen }) => chosen),
      input_top_logprobs: before.map(({ top }) => (top.length === 0 ? null : top)),
    },
  });
}

const metaOf = (said: readonly Token[], { input_ids: ids }: Asked, finish: object | null) => ({
  id: 'x',
  finish_reason: finish,
  prompt_tokens: ids.length,
  cached_tokens: 0,
  output_token_logprobs: said.map(({ chosen }) => chosen),
  output_top_logprobs: said.map(({ top }) => top),
});

async function* tokens(model: TinyCompletions, asked: Asked, { isOriginal = true }: SglangOptions) {
  const ids = [...asked.input_ids];
  const {
    max_new_tokens: most,
    temperature,
    top_k: topK = -1,
    top_p: topP = 1,
    min_p: minP = 0,
  } = asked.sampling_params;
  const cuts = { temperature, topK: topK === -1 ? Number.POSITIVE_INFINITY : topK, topP, minP };
  const chance = chanceOf(ids.length);
  for (let step = 0; step < most; step++) {
    const distribution = await model.after(ids);
    const { id } = drawTempered(distribution, cuts, chance);
    const list = logprobsOf(distribution, isOriginal || temperature === 0 ? 1 : temperature);
    const logprob = list.find(([each]) => each === id)?.[1] ?? -99;
    const top = list.slice(0, asked.top_logprobs_num).map(([each, p]): Said => [p, each, null]);
    const isEnd = model.isEnd(id) || asked.sampling_params.stop_token_ids?.includes(id) === true;
    const isLast = step + 1 === most;
    const finish = isEnd ? { type: 'stop', matched: id } : isLast ? { type: 'length', length: most } : null;
    const token: Token = { chosen: [logprob, id, null], top };
    yield { token, finish };
    if (finish !== null) return;
    ids.push(id);
  }
}
