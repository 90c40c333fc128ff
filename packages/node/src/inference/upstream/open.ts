import { AssayError, limits } from '@assay/protocol';
import { candidateCount } from '@assay/roles/inference/sampling';
import { decodeText } from '@assay/roles/utf8';
import type { Vocabulary } from '../vocabulary.ts';
import type { CompletionRequest, CompletionServer, Step } from './completions.ts';
import { failed } from './failures.ts';
import { type Fields, fieldsOf, listOf, textOf } from './fields.ts';
import { type HttpOptions, ServerHttp } from './http.ts';
import { LlamaServer, llamaServerFacts } from './llama-server.ts';
import { pickModel } from './pick-model.ts';
import { SglangServer, sglangFacts } from './sglang.ts';
import { VllmServer, vllmFacts } from './vllm.ts';

export interface OpenOptions extends HttpOptions {
  /** One of the server's models; null: the first it lists. */
  readonly modelName: string | null;
  /** Longest prompt plus output that it has to hold, tokens; null: any. */
  readonly contextTokens: number | null;
  /** Of the registered file. */
  readonly vocabulary: Vocabulary;
}

/** A server that gives evidence, or why it gives text only and what to do. */
export type OpenedServer = { readonly server: CompletionServer } | { readonly reason: string };

const probe = { role: 'user' as const, content: 'Count from one to ten in words.' };
const probedTokens = 16;
const plain = { topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 1 };
const maxProbeBytes = 4 * 1024 * 1024;
/** By how much a raw number may move between two requests, nats. */
const noise = 0.25;

/**
 * Asks a server what it is and looks whether it can be re-checked: that it gives ids, enough alternatives and raw
 * probabilities, and that its tokens are those of the file (verification §1.8). Rejects with BACKEND_FAILED where it
 * cannot be reached or has not the model that was named.
 */
export async function openServer(baseUrl: string, options: OpenOptions): Promise<OpenedServer> {
  const http = new ServerHttp(baseUrl, options);
  const listed = listOf((await http.get('/v1/models')).data).map((each) => fieldsOf(each) ?? {});
  const names = listed.map(({ id }) => textOf(id)).filter((name) => name !== '');
  const modelName = pickModel(baseUrl, names, options.modelName);
  const model = listed.find(({ id }) => id === modelName) ?? {};
  const kind = kinds[textOf(model.owned_by)];
  if (kind === undefined) {
    return { reason: 'It is none of those that say what they chose from: llama.cpp, vLLM, SGLang.' };
  }
  try {
    const promptIds = await options.vocabulary.render([probe]);
    const server = await kind.open(http, { model, modelName, promptIds, vocabulary: options.vocabulary });
    requireRoom(server, { baseUrl, contextTokens: options.contextTokens });
    await requireRaw(server, { promptIds, baseUrl });
    await requireSameText(server, { promptIds, baseUrl, vocabulary: options.vocabulary });
    return { server };
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    return { reason: `${error.detail} ${kind.cure}` };
  }
}

interface Opening {
  /** What the server lists of the model. */
  readonly model: Fields;
  readonly modelName: string;
  readonly promptIds: readonly number[];
  readonly vocabulary: Vocabulary;
}

interface Kind {
  open(http: ServerHttp, opening: Opening): Promise<CompletionServer>;
  /** What is to be done where it does not fit. */
  readonly cure: string;
}

/** By what they write into `owned_by` of their models. */
const kinds: Readonly<Record<string, Kind>> = {
  llamacpp: { open: openLlama, cure: 'Start llama-server with this very file (-m FILE), and without a draft model.' },
  vllm: {
    open: openVllm,
    cure: 'Start vLLM with weights and tokenizer of this file, and with --logprobs-mode raw_logprobs.',
  },
  sglang: {
    open: openSglang,
    cure: 'Start SGLang with weights and tokenizer of this file, and with SGLANG_RETURN_ORIGINAL_LOGPROB=1 around it.',
  },
};

async function openLlama(http: ServerHttp, { model, promptIds, vocabulary }: Opening): Promise<CompletionServer> {
  const facts = llamaServerFacts(model, await http.get('/props'));
  const texts = await vocabulary.tokenTexts(promptIds);
  const plainId = promptIds.find((id, i) => /^[a-z]+$/i.test(texts[i] ?? '') && !vocabulary.endIds.includes(id));
  if (plainId === undefined) throw failed(http.baseUrl, 'cannot be asked: the model file has no plain word.');
  const { vocabularySize, weightBytes } = vocabulary;
  if (facts.vocabularySize !== vocabularySize || facts.weightBytes !== weightBytes) {
    const theirs = `${facts.vocabularySize ?? 'no'} tokens and ${facts.weightBytes ?? 'no'} bytes of weights`;
    throw failed(http.baseUrl, `serves another file: ${theirs}, not ${vocabularySize} and ${weightBytes}.`);
  }
  return new LlamaServer(http, { ...facts, plainId }, vocabulary);
}

async function openVllm(http: ServerHttp, opening: Opening): Promise<CompletionServer> {
  const { model, modelName, promptIds, vocabulary } = opening;
  const version = await http.get('/version');
  const body = { model: modelName, prompt: promptIds, max_tokens: 1, prompt_logprobs: candidateCount };
  const asked = { signal: new AbortController().signal, maxBytes: maxProbeBytes };
  const answer = await http.post('/v1/completions', body, asked).catch(() => null);
  const scoringCure = answer === null ? `Start vLLM with --max-logprobs ${candidateCount}.` : null;
  return new VllmServer(http, { ...vllmFacts(model, version, answer), modelName, scoringCure }, vocabulary);
}

async function openSglang(http: ServerHttp, { model, vocabulary }: Opening): Promise<CompletionServer> {
  // Older ones have it under the first name only.
  const info = await http.get('/get_server_info').catch(() => http.get('/server_info'));
  return new SglangServer(http, sglangFacts(model, info), vocabulary);
}

function requireRoom(
  { contextTokens: held }: CompletionServer,
  { baseUrl, contextTokens }: { readonly baseUrl: string; readonly contextTokens: number | null },
): void {
  const needed = contextTokens ?? 1;
  if (held >= needed) return;
  throw failed(baseUrl, `holds ${held} tokens of context for an answer, and ${needed} are needed (llama-server: -c).`);
}

/** Raw probabilities depend neither on the temperature nor on the cuts. */
async function requireRaw(
  server: CompletionServer,
  { promptIds, baseUrl }: { readonly promptIds: readonly number[]; readonly baseUrl: string },
): Promise<void> {
  const topAt = async (temperatureMicro: number, topK: number) => {
    const sampling = { ...plain, temperatureMicro, topK };
    const [step] = await stepsOf(server, { promptIds, maxTokens: 1, sampling, alternatives: limits.maxTopLogprobs });
    if (step === undefined) throw failed(baseUrl, 'answers nothing to a simple question.');
    return step.top.slice(0, limits.topLogprobs);
  };
  const [warm, cold] = [await topAt(1_000_000, 0), await topAt(500_000, 2)];
  const spread = (top: Step['top']) => (top[0]?.logprob ?? 0) - (top.at(-1)?.logprob ?? 0);
  const moved = Math.abs((warm[0]?.logprob ?? 0) - (cold[0]?.logprob ?? 0));
  if (moved <= noise && spread(cold) <= 1.5 * spread(warm) + noise) return;
  throw failed(baseUrl, 'gives probabilities after temperature or cuts, not the raw ones.');
}

async function requireSameText(
  server: CompletionServer,
  { promptIds, baseUrl, vocabulary }: { readonly baseUrl: string } & Pick<Opening, 'promptIds' | 'vocabulary'>,
): Promise<void> {
  const sampling = { ...plain, temperatureMicro: 0 };
  const asked = { promptIds, maxTokens: probedTokens, sampling, alternatives: limits.topLogprobs };
  const steps = await stepsOf(server, asked);
  const pieces = await vocabulary.textPieces(steps.map(({ id }) => id));
  const own = comparable(decodeText(Buffer.concat(pieces)));
  const said = comparable(steps.map((step) => step.said ?? '').join(''));
  // It is silent about some, and about the last while they may be the beginning of something.
  const isSilent = steps.some((step) => step.said === null);
  const agrees = own.startsWith(said) || said.startsWith(own);
  if (isSilent || (agrees && (said !== '' || own === ''))) return;
  throw failed(baseUrl, `reads its tokens as ${JSON.stringify(said)}, and the model file as ${JSON.stringify(own)}.`);
}

/** Without what tokenizers differ in at the beginning of a text, and without half characters. */
const comparable = (text: string) => text.replaceAll('\uFFFD', '').trimStart();

async function stepsOf(server: CompletionServer, request: CompletionRequest): Promise<Step[]> {
  const steps: Step[] = [];
  for await (const step of server.steps(request, new AbortController().signal)) steps.push(step);
  return steps;
}
