import { AssayError, type Sampling } from '@assay/protocol';
import type { ChatMessage, TextBackend } from '@assay/roles/ports/inference';
import OpenAI from 'openai';
import { failed, refused, requestStatuses, unreachable } from './upstream/failures.ts';
import { pickModel } from './upstream/pick-model.ts';

const probeTimeoutMs = 10_000;
const answerTimeoutMs = 600_000;

export interface UpstreamOptions {
  readonly apiKey?: string;
  /** One of the server's models; by default the first it lists. */
  readonly model?: string;
}

/**
 * Opens an OpenAI-compatible server (Ollama, llama.cpp, vLLM, LM Studio, SGLang) by asking it for its models. Rejects
 * with BACKEND_FAILED when it cannot be reached, refuses, or has not got the model.
 */
export async function openUpstream(baseUrl: string, options: UpstreamOptions = {}): Promise<TextBackend> {
  const client = new OpenAI({
    baseURL: baseUrl,
    // The client insists on a key; servers without keys ignore it.
    apiKey: options.apiKey ?? 'none',
    maxRetries: 0,
    timeout: answerTimeoutMs,
    // It would lead this node elsewhere.
    fetchOptions: { redirect: 'error' },
    logLevel: 'off',
  });
  const modelName = pickModel(baseUrl, await modelNames(client, baseUrl), options.model ?? null);
  return {
    baseUrl,
    modelName,
    chat: (request, signal) => chat({ client, baseUrl, modelName }, request, signal),
  };
}

type Upstream = { readonly client: OpenAI; readonly baseUrl: string; readonly modelName: string };
type ChatRequest = Parameters<TextBackend['chat']>[0];
type ChatEvent = ReturnType<TextBackend['chat']> extends AsyncIterable<infer Event> ? Event : never;

async function modelNames(client: OpenAI, baseUrl: string): Promise<string[]> {
  try {
    const page = await client.models.list({ timeout: probeTimeoutMs });
    return page.data.map(({ id }) => id);
  } catch (cause) {
    throw describe(baseUrl, cause);
  }
}

async function* chat(upstream: Upstream, request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatEvent> {
  const { baseUrl } = upstream;
  let finish: string | null = null;
  let usage: { prompt_tokens: number; completion_tokens: number } | null = null;
  try {
    const stream = await upstream.client.chat.completions.create(bodyOf(upstream.modelName, request), { signal });
    for await (const chunk of stream) {
      const choice = chunk.choices[0];
      const text = choice?.delta.content ?? '';
      if (text !== '') yield { type: 'text', text };
      finish = choice?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw describe(baseUrl, cause);
  }
  signal.throwIfAborted();
  if (finish === null) throw failed(baseUrl, 'broke off in the middle of an answer.');
  if (usage === null)
    throw failed(baseUrl, 'does not count tokens (stream_options.include_usage), so nothing can be billed.');
  yield {
    type: 'end',
    finish: finish === 'length' ? 'length' : 'stop',
    tokensIn: usage.prompt_tokens,
    tokensOut: usage.completion_tokens,
  };
}

function bodyOf(model: string, { messages, maxTokens, sampling, stop }: ChatRequest) {
  requireKnown(sampling);
  return {
    model,
    messages: messages.map(({ role, content }: ChatMessage) => ({ role, content })),
    max_tokens: maxTokens,
    temperature: sampling.temperatureMicro / 1e6,
    top_p: sampling.topPMicro / 1e6,
    seed: sampling.seed,
    ...(stop.length > 0 ? { stop: [...stop] } : {}),
    stream: true as const,
    stream_options: { include_usage: true },
  };
}

/** The OpenAI API has no words for these. */
function requireKnown({ topK, minPMicro }: Sampling): void {
  if (topK !== 0) throw new AssayError('UNSUPPORTED_PARAMETER', 'The upstream server does not take top_k.');
  if (minPMicro !== 0) throw new AssayError('UNSUPPORTED_PARAMETER', 'The upstream server does not take min_p.');
}

function describe(baseUrl: string, cause: unknown): AssayError {
  if (cause instanceof AssayError) return cause;
  if (cause instanceof OpenAI.APIConnectionTimeoutError) return failed(baseUrl, 'did not answer in time.', cause);
  if (cause instanceof OpenAI.APIConnectionError) return unreachable(baseUrl, cause);
  if (cause instanceof OpenAI.AuthenticationError) return failed(baseUrl, 'refuses the API key.', cause);
  if (cause instanceof OpenAI.NotFoundError) {
    return failed(baseUrl, `has nothing there (${cause.message}). Most addresses end with /v1.`, cause);
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof OpenAI.APIError && requestStatuses.has(cause.status)) {
    return refused(reason, { isTooLong: cause.code === 'context_length_exceeded', cause });
  }
  return failed(baseUrl, `failed (${reason}).`, cause);
}
