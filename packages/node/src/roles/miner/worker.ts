import type { EngineInfo, InferencePayload, Sampling } from '@assay/protocol';
import { chatRoles, limits } from '@assay/protocol';
import { AssayError } from '../../errors.ts';
import type { ChatMessage, GeneratedToken, InferenceModel, TextBackend } from '../../inference/port.ts';

export type WorkerEvent =
  | { readonly type: 'begin'; readonly promptIds: readonly number[] }
  | { readonly type: 'tokens'; readonly tokens: readonly GeneratedToken[]; readonly text: string }
  | {
      readonly type: 'end';
      readonly finish: 'stop' | 'length';
      readonly text: string;
      readonly tokensIn: number;
      readonly tokensOut: number;
    };

/** Runs one payload; ends with `end`, or quietly when the signal is aborted. */
export interface Worker {
  readonly engine: EngineInfo;
  readonly contextTokens: number;
  generate(
    payload: InferencePayload,
    bounds: { maxTokensIn: number; maxTokensOut: number },
    signal: AbortSignal,
  ): AsyncIterable<WorkerEvent>;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The conversation of a payload. */
export function messagesOf(payload: InferencePayload): ChatMessage[] {
  const names = Object.keys(chatRoles) as (keyof typeof chatRoles)[];
  return payload.messages.map((message) => ({
    role: names.find((name) => chatRoles[name] === message.role) ?? 'user',
    content: text(message.content),
  }));
}

/** A worker whose tokens can be re-checked: it knows ids and probabilities (evidence level 2). */
export function modelWorker(model: InferenceModel, engine: EngineInfo): Worker {
  return {
    engine,
    contextTokens: model.contextTokens,
    async *generate(payload, bounds, signal) {
      const promptIds = await model.render(messagesOf(payload));
      if (promptIds.length > bounds.maxTokensIn || promptIds.length + payload.maxTokens > model.contextTokens) {
        const detail = `${promptIds.length} prompt tokens + ${payload.maxTokens} asked > ${model.contextTokens}.`;
        throw new AssayError('CONTEXT_TOO_LONG', detail);
      }
      yield { type: 'begin', promptIds };
      const request = {
        promptIds,
        maxTokens: payload.maxTokens,
        sampling: payload.sampling,
        stop: payload.stop.map(text),
        topLogprobs: Math.max(payload.topLogprobs, limits.topLogprobs),
      };
      try {
        for await (const event of model.generate(request, signal)) {
          yield event.type === 'tokens' ? event : { ...event, tokensIn: 0, tokensOut: 0 };
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}

/** A worker over a text server: its work cannot be re-checked (evidence level 0). */
export function upstreamWorker(backend: TextBackend, contextTokens: number): Worker {
  const name = (value: string) => new TextEncoder().encode(value.slice(0, limits.maxNameBytes));
  return {
    engine: {
      name: name('openai-compatible'),
      build: name(backend.modelName),
      backend: name('upstream'),
      flashAttention: false,
      kvType: name('unknown'),
    },
    contextTokens,
    async *generate(payload, _bounds, signal) {
      const sampling: Sampling = payload.sampling;
      const request = {
        messages: messagesOf(payload),
        maxTokens: payload.maxTokens,
        sampling,
        stop: payload.stop.map(text),
      };
      try {
        for await (const event of backend.chat(request, signal)) {
          if (event.type === 'text') yield { type: 'tokens', tokens: [], text: event.text };
          else yield { ...event, text: '' };
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}
