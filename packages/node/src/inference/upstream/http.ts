import { AssayError } from '@assay/protocol';
import { TextPieces } from '@assay/roles/utf8';
import { failed, refused, requestStatuses, unreachable } from './failures.ts';
import { type Fields, fieldsOf } from './fields.ts';

const factsTimeoutMs = 10_000;
const maxFactsBytes = 4 * 1024 * 1024;
const maxRefusalBytes = 64 * 1024;
const maxReasonLength = 300;
const newline = 10;
/** Longest time between two events of a stream: a prompt of the whole context is read in it. */
const usualSilenceMs = 120_000;

export interface HttpOptions {
  readonly apiKey?: string | undefined;
  readonly silenceMs?: number;
}

interface Asking {
  readonly signal: AbortSignal;
  /** Bytes that one answer, or one event of a stream, may have. */
  readonly maxBytes: number;
}

/**
 * The routes of an inference server, beside and above `/v1`. What it sends is bounded in memory and time, and a
 * redirection is not followed: it would lead this node elsewhere (verification §1.8.1). Everything rejects with
 * BACKEND_FAILED, but for what the server says is the request's fault (§5.15), and the reason of an aborted signal.
 */
export class ServerHttp {
  readonly baseUrl: string;
  readonly #root: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #silenceMs: number;

  constructor(baseUrl: string, { apiKey, silenceMs = usualSilenceMs }: HttpOptions) {
    this.baseUrl = baseUrl;
    this.#root = baseUrl.replace(/\/+$/, '').replace(/\/v1$/, '');
    this.#headers = {
      'content-type': 'application/json',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    };
    this.#silenceMs = silenceMs;
  }

  /** One JSON document of a path such as `/v1/models`. */
  async get(path: string): Promise<Fields> {
    const signal = AbortSignal.timeout(factsTimeoutMs);
    const response = await this.#fetch(path, { method: 'GET' }, signal);
    return this.#document(response, { signal, maxBytes: maxFactsBytes });
  }

  /** The one answer to a question. */
  async post(path: string, body: object, { signal, maxBytes }: Asking): Promise<Fields> {
    const both = AbortSignal.any([signal, AbortSignal.timeout(this.#silenceMs)]);
    try {
      const response = await this.#fetch(path, { method: 'POST', body: JSON.stringify(body) }, both);
      return await this.#document(response, { signal: both, maxBytes });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }

  /** The events of a stream, up to its end or `[DONE]`. Who stops reading ends the request at the server. */
  async *stream(
    path: string,
    body: object,
    { signal, maxBytes, maxEvents }: Asking & { readonly maxEvents: number },
  ): AsyncGenerator<Fields> {
    const ended = new AbortController();
    const both = AbortSignal.any([signal, ended.signal]);
    let events = 0;
    let timer = setTimeout(() => ended.abort(failed(this.baseUrl, 'did not answer in time.')), this.#silenceMs);
    try {
      const response = await this.#fetch(path, { method: 'POST', body: JSON.stringify(body) }, both);
      for await (const event of this.#events(response, maxBytes)) {
        clearTimeout(timer);
        if (++events > maxEvents) throw failed(this.baseUrl, 'sends without end.');
        yield event;
        timer = setTimeout(() => ended.abort(failed(this.baseUrl, 'fell silent in an answer.')), this.#silenceMs);
      }
    } catch (error) {
      signal.throwIfAborted();
      ended.signal.throwIfAborted();
      throw error instanceof AssayError ? error : failed(this.baseUrl, 'broke off in the middle of an answer.', error);
    } finally {
      clearTimeout(timer);
      ended.abort();
    }
  }

  async #fetch(path: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${this.#root}${path}`, { ...init, signal, headers: this.#headers, redirect: 'manual' });
    } catch (cause) {
      if (signal.aborted) throw signal.reason instanceof AssayError ? signal.reason : this.#late(signal.reason);
      throw unreachable(this.baseUrl, cause as Error);
    }
    if (!response.ok) throw await this.#refusal(response);
    return response;
  }

  #late(cause: unknown): AssayError {
    return failed(this.baseUrl, 'did not answer in time.', cause);
  }

  async #refusal(response: Response): Promise<AssayError> {
    const { status } = response;
    const text = (await bodyText(response, maxRefusalBytes).catch(() => null)) ?? '';
    const reason = reasonIn(parsed(text)) ?? `HTTP ${status}`;
    if (status === 401 || status === 403) return failed(this.baseUrl, 'refuses the API key.');
    if (status === 404) return failed(this.baseUrl, `has nothing there (${reason}).`);
    if (requestStatuses.has(status)) return refused(reason, { isTooLong: isTooLong(text) });
    return failed(this.baseUrl, `failed (${reason}).`);
  }

  async #document(response: Response, { signal, maxBytes }: Asking): Promise<Fields> {
    try {
      const text = await bodyText(response, maxBytes);
      const value = text === null ? null : fieldsOf(parsed(text));
      if (value !== null) return value;
    } catch (cause) {
      throw signal.aborted ? this.#late(cause) : failed(this.baseUrl, 'broke off in the middle of an answer.', cause);
    }
    throw failed(this.baseUrl, 'answered with something else than JSON, or with too much of it.');
  }

  async *#events(response: Response, maxBytes: number): AsyncGenerator<Fields> {
    const text = new TextPieces();
    let waiting = '';
    // Of what no event has come yet: an endless comment is as bad as an endless event.
    let unread = 0;
    for await (const part of response.body ?? []) {
      unread += part.length;
      if (unread > maxBytes) throw failed(this.baseUrl, 'sends without end.');
      waiting += text.push(part);
      if (!part.includes(newline)) continue;
      const lines = waiting.split('\n');
      waiting = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('data:')) continue;
        const data = line.slice('data:'.length).trim();
        if (data === '[DONE]') return;
        unread = waiting.length;
        yield this.#event(data);
      }
    }
  }

  #event(data: string): Fields {
    const event = fieldsOf(parsed(data));
    if (event === null) throw failed(this.baseUrl, 'streams something else than JSON.');
    const { error } = event;
    if (error === undefined || error === null) return event;
    const reason = reasonIn(event) ?? 'no reason given';
    if (requestStatuses.has(fieldsOf(error)?.code)) throw refused(reason, { isTooLong: isTooLong(data) });
    throw failed(this.baseUrl, `failed (${reason}).`);
  }
}

/** The text of a body; null when it is longer than `maxBytes`. */
async function bodyText(response: Response, maxBytes: number): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > maxBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** llama.cpp and vLLM say `error.message`, SGLang and older ones `message` or `detail`. */
function reasonIn(value: unknown): string | null {
  const fields = fieldsOf(value);
  const said = fieldsOf(fields?.error)?.message ?? fields?.error ?? fields?.message ?? fields?.detail;
  return typeof said === 'string' ? said.slice(0, maxReasonLength) : null;
}

/** Each server has words of its own for a prompt that is too long. */
const isTooLong = (text: string) => /context[ _](length|size)|context_length_exceeded|exceed_context/i.test(text);
