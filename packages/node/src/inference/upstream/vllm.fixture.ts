import { type Body, type Reply, type Served, serve } from './served.fixture.ts';
import { chanceOf, drawTempered, logprobsOf, type TinyCompletions } from './tiny-completions.fixture.ts';

export interface VllmOptions {
  /** `--max-logprobs` */
  readonly maxLogprobs?: number;
  /** `--logprobs-mode` */
  readonly mode?: 'raw_logprobs' | 'processed_logprobs';
  /** Tokens of each event, `--stream-interval`. */
  readonly interval?: number;
  /** Another tokenizer: the text of its tokens. */
  readonly textOf?: (ids: readonly number[]) => string;
}

const contextTokens = 512;
const badRequest = (message: string) => ({ error: { message, type: 'BadRequestError', param: null, code: 400 } });

interface Asked {
  readonly prompt: readonly number[];
  readonly max_tokens: number;
  readonly logprobs?: number;
  readonly prompt_logprobs?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly min_p?: number;
  readonly seed?: number;
  readonly ignore_eos?: boolean;
  readonly stop_token_ids?: readonly number[];
  readonly return_token_ids?: boolean;
  readonly return_tokens_as_token_ids?: boolean;
  readonly stream?: boolean;
}

interface Token {
  readonly id: number;
  readonly logprob: number;
  /** As it stands in `top_logprobs`: the sampled token first, then the likeliest. */
  readonly top: readonly (readonly [id: number, logprob: number])[];
}

/** A server that speaks vLLM's protocol (0.18, `vllm/entrypoints/openai/completion`) over a model of this process. */
export function startVllm(model: TinyCompletions, options: VllmOptions = {}): Promise<Served> {
  const { maxLogprobs = 20 } = options;
  const card = {
    id: 'tiny',
    object: 'model',
    created: 0,
    owned_by: 'vllm',
    root: 'tiny',
    max_model_len: contextTokens,
  };
  return serve({
    'GET /v1/models': (_, reply) => reply.json({ object: 'list', data: [card] }),
    'GET /version': (_, reply) => reply.json({ version: '0.18.0' }),
    'POST /v1/completions': async (body, reply) => {
      const asked = body as unknown as Asked;
      const most = Math.max(asked.logprobs ?? 0, asked.prompt_logprobs ?? 0);
      if (most > maxLogprobs) {
        const message = `Requested logprobs of ${most}, which is greater than max allowed: ${maxLogprobs}`;
        return reply.json(badRequest(message), 400);
      }
      if (asked.prompt.length + asked.max_tokens > contextTokens) {
        return reply.json(badRequest(`This model's maximum context length is ${contextTokens} tokens.`), 400);
      }
      if (asked.top_p !== undefined && !(asked.top_p > 0 && asked.top_p <= 1)) {
        return reply.json(badRequest(`top_p must be in (0, 1], got ${asked.top_p}.`), 400);
      }
      await (asked.stream === true ? stream : answer)(model, asked, { options, reply });
    },
  });
}

interface Way {
  readonly options: VllmOptions;
  readonly reply: Reply;
}

const common = { id: 'cmpl-1', object: 'text_completion', created: 0, model: 'tiny' };

async function stream(model: TinyCompletions, asked: Asked, { options, reply }: Way): Promise<void> {
  const { interval = 1, textOf = (ids) => model.textOf(ids) } = options;
  let given: Token[] = [];
  let waiting: Token[] = [];
  let said = '';
  let isFirst = true;
  const flush = async (finish: string | null, stopReason: number | null) => {
    given = [...given, ...waiting];
    const isEnd = finish === 'stop';
    const text = textOf((isEnd ? given.slice(0, -1) : given).map(({ id }) => id));
    const choice = {
      index: 0,
      text: text.slice(said.length),
      logprobs: logprobsOfChoice(waiting, asked),
      finish_reason: finish,
      stop_reason: stopReason,
      ...(asked.return_token_ids === true && { token_ids: waiting.map(({ id }) => id) }),
      ...(asked.return_token_ids === true && { prompt_token_ids: isFirst ? asked.prompt : null }),
    };
    said = text;
    waiting = [];
    isFirst = false;
    await reply.event({ ...common, choices: [choice] });
  };
  for await (const { token, finish, stopReason } of tokens(model, asked, options)) {
    if (reply.hasLeft) return;
    waiting.push(token);
    if (waiting.length >= interval || isFirst || finish !== null) await flush(finish, stopReason);
  }
  await reply.event('[DONE]');
  reply.end();
}

async function answer(model: TinyCompletions, asked: Asked, { options, reply }: Way): Promise<void> {
  const all: Token[] = [];
  for await (const { token } of tokens(model, asked, options)) all.push(token);
  const choice = {
    index: 0,
    text: model.textOf(all.map(({ id }) => id)),
    logprobs: asked.logprobs === undefined ? null : logprobsOfChoice(all, asked),
    finish_reason: 'length',
    stop_reason: null,
    prompt_logprobs: await promptLogprobs(model, asked),
    prompt_token_ids: asked.prompt,
    token_ids: all.map(({ id }) => id),
  };
  const body: Body = { ...common, choices: [choice], system_fingerprint: 'vllm-0.18.0-tp2-1a2b3c4d' };
  reply.json(body);
}

/** A list for each token of the prompt; nothing stands before the first. */
async function promptLogprobs(model: TinyCompletions, { prompt, prompt_logprobs: count }: Asked) {
  if (count === undefined) return null;
  const list: (object | null)[] = [null];
  for (let at = 1; at < prompt.length; at++) {
    const all = logprobsOf(await model.after(prompt.slice(0, at)));
    const standing = all.find(([id]) => id === prompt[at]) ?? [prompt[at] ?? 0, -99];
    const entries = [standing, ...all.slice(0, count)].map(([id, logprob]) => {
      const rank = all.findIndex(([each]) => each === id) + 1;
      return [id, { logprob, rank, decoded_token: model.textOf([id]) }] as const;
    });
    list.push(Object.fromEntries(entries));
  }
  return list;
}

async function* tokens(model: TinyCompletions, asked: Asked, { mode = 'raw_logprobs' }: VllmOptions) {
  const ids = [...asked.prompt];
  const { logprobs = 0, temperature = 1, top_k: topK = 0, top_p: topP = 1, min_p: minP = 0 } = asked;
  const cuts = { temperature, topK: topK === 0 ? Number.POSITIVE_INFINITY : topK, topP, minP };
  const chance = chanceOf(asked.seed ?? 0);
  for (let step = 0; step < asked.max_tokens; step++) {
    const distribution = await model.after(ids);
    const { id, kept } = drawTempered(distribution, cuts, chance);
    const raw = logprobsOf(distribution);
    const processed = logprobsOf(distribution, temperature || 1).map(([each, logprob]) => {
      return [each, kept.has(each) ? logprob : -9999] as const;
    });
    const list = mode === 'raw_logprobs' ? raw : processed;
    const chosen = list.find(([each]) => each === id) ?? [id, -99];
    const top = new Map([chosen, ...list.slice(0, logprobs)]);
    const isEos = model.isEnd(id) && asked.ignore_eos !== true;
    const isStop = asked.stop_token_ids?.includes(id) === true;
    const finish = isEos || isStop ? 'stop' : step + 1 === asked.max_tokens ? 'length' : null;
    yield { token: { id, logprob: chosen[1], top: [...top] }, finish, stopReason: isStop ? id : null };
    if (finish !== null) return;
    ids.push(id);
  }
}

function logprobsOfChoice(tokens: readonly Token[], { return_tokens_as_token_ids: asIds }: Asked) {
  const name = (id: number) => (asIds === true ? `token_id:${id}` : String(id));
  return {
    text_offset: tokens.map(() => 0),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    tokens: tokens.map(({ id }) => name(id)),
    top_logprobs: tokens.map(({ top }) => Object.fromEntries(top.map(([id, logprob]) => [name(id), logprob]))),
  };
}
