import { type Candidate, candidateCount, type Distribution } from '@assay/roles/inference/sampling';
import { endsWithinCharacter } from './llama-server.ts';
import { type Reply, type Served, serve } from './served.fixture.ts';
import { chanceOf, logprobsOf, lotAmong, type TinyCompletions } from './tiny-completions.fixture.ts';

export interface LlamaServerOptions {
  /** All that the file says of itself: a server of another one would say something else. */
  readonly vocabularySize: number;
  readonly weightBytes: number;
  readonly bytesOf: (id: number) => readonly number[];
}

interface Asked {
  readonly prompt: readonly number[];
  readonly n_predict: number;
  readonly n_probs: number;
  readonly temperature: number;
  readonly top_k?: number;
  readonly top_p?: number;
  readonly min_p?: number;
  readonly seed?: number;
  readonly logit_bias: readonly (readonly [number, number])[];
  readonly stream: boolean;
}

interface Token {
  readonly id: number;
  readonly logprob: number;
  readonly top: readonly (readonly [id: number, logprob: number])[];
}

/** A server that speaks as llama.cpp's (`tools/server`) over a model of this process, with what it swallows. */
export function startLlamaServer(model: TinyCompletions, options: LlamaServerOptions): Promise<Served> {
  const { vocabularySize, weightBytes } = options;
  const meta = { n_vocab: vocabularySize, n_ctx: 512, size: weightBytes, ftype: 'F32' };
  const card = { id: 'tiny.gguf', object: 'model', created: 0, owned_by: 'llamacpp', meta };
  return serve({
    'GET /v1/models': (_, reply) => reply.json({ object: 'list', data: [card] }),
    'GET /props': (_, reply) =>
      reply.json({ default_generation_settings: { n_ctx: 512 }, build_info: 'b9000-0a1b2c3' }),
    'POST /completion': (body, reply) => {
      const asked = body as unknown as Asked;
      if (asked.prompt.length < 512) return complete(model, asked, { options, reply });
      const error = { code: 400, message: 'it exceeds the available context size', type: 'exceed_context_size_error' };
      return reply.json({ error }, 400);
    },
  });
}

interface Way {
  readonly options: LlamaServerOptions;
  readonly reply: Reply;
}

/** A token that ends within a character is neither streamed nor among the probabilities; it is counted. */
async function complete(model: TinyCompletions, asked: Asked, { options, reply }: Way): Promise<void> {
  const { bytesOf } = options;
  const bytes: number[] = [];
  const shown: Token[] = [];
  let predicted = 0;
  let stop = 'limit';
  for await (const token of tokens(model, asked)) {
    if (reply.hasLeft) return;
    predicted++;
    const isEnd = model.isEnd(token.id);
    if (!isEnd) bytes.push(...bytesOf(token.id));
    if (isEnd) stop = 'eos';
    if (endsWithinCharacter(bytes)) continue;
    shown.push(token);
    if (!asked.stream) continue;
    const probabilities = [probabilityOf(token, bytesOf)];
    const content = isEnd ? '' : model.textOf([token.id]);
    const common = { index: 0, content, tokens: [token.id], stop: false, tokens_evaluated: asked.prompt.length };
    await reply.event({ ...common, tokens_predicted: predicted, completion_probabilities: probabilities });
  }
  const last = { index: 0, content: '', tokens: [], stop: true, stop_type: stop, tokens_predicted: predicted };
  if (asked.stream) {
    await reply.event(last);
    return reply.end();
  }
  const probabilities = shown.map((token) => probabilityOf(token, bytesOf));
  reply.json({ ...last, ...(probabilities.length > 0 && { completion_probabilities: probabilities }) });
}

function probabilityOf({ id, logprob, top }: Token, bytesOf: LlamaServerOptions['bytesOf']) {
  const view = (each: number, p: number) => ({ id: each, token: '', bytes: bytesOf(each), logprob: p });
  return { ...view(id, logprob), top_logprobs: top.map(([each, p]) => view(each, p)) };
}

async function* tokens(model: TinyCompletions, asked: Asked) {
  const ids = [...asked.prompt];
  const chance = chanceOf(asked.seed ?? 0);
  for (let step = 0; step < asked.n_predict; step++) {
    const distribution = await model.after(ids);
    const list = logprobsOf(distribution);
    const [forced] = asked.logit_bias;
    const id = forced === undefined ? draw(distribution, asked, chance) : forced[0];
    const logprob = list.find(([each]) => each === id)?.[1] ?? -99;
    yield { id, logprob, top: list.slice(0, asked.n_probs) };
    if (model.isEnd(id)) return;
    ids.push(id);
  }
}

/** Rank, then mass and least part of what that leaves, then the temperature. */
function draw({ candidates }: Distribution, asked: Asked, chance: () => number): number {
  const { temperature, top_k: topK = 40, top_p: topP = 0.95, min_p: minP = 0.05 } = asked;
  const first = candidates[0] ?? { id: 0, logit: 0 };
  if (temperature === 0) return first.id;
  const weightOf = ({ logit }: Candidate, at: number) => Math.exp((logit - first.logit) / at);
  const byRank = candidates.slice(0, Math.min(topK, candidateCount));
  const total = byRank.reduce((sum, each) => sum + weightOf(each, 1), 0);
  const kept: Candidate[] = [];
  let mass = 0;
  for (const each of byRank) {
    if (kept.length > 0 && (mass >= topP * total || weightOf(each, 1) < minP)) break;
    kept.push(each);
    mass += weightOf(each, 1);
  }
  const weights = kept.map((each) => weightOf(each, temperature));
  return (kept[lotAmong(weights, chance())] ?? first).id;
}
