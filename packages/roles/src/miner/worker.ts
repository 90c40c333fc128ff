import { AssayError, EngineInfo, type InferencePayload, limits, Name, type Sampling } from '@assay/protocol';
import { encodeText } from '@assay/ssz';
import { messagesOf } from '../audit/structure-reference.ts';
import type { GeneratedToken, InferenceModel, TextBackend } from '../ports/inference.ts';
import { textTokensBound } from '../prompt-bound.ts';

export type WorkerEvent =
  | { readonly type: 'begin'; readonly promptIds: readonly number[] }
  | { readonly type: 'tokens'; readonly tokens: readonly GeneratedToken[]; readonly text: Uint8Array }
  | {
      readonly type: 'end';
      readonly finish: 'stop' | 'length';
      readonly text: Uint8Array;
      readonly tokensIn: number;
      readonly tokensOut: number;
    };

/** Runs one payload; ends with `end`, or quietly when the signal is aborted. */
export interface Worker {
  readonly engine: EngineInfo;
  readonly contextTokens: number;
  /** What its answers can be checked with; null for a text server (evidence level 0). */
  readonly model: InferenceModel | null;
  generate(
    payload: InferencePayload,
    bounds: { maxTokensIn: number; maxTokensOut: number },
    signal: AbortSignal,
  ): AsyncIterable<WorkerEvent>;
}

/** A worker whose tokens can be re-checked: it knows ids and probabilities (evidence level 2). */
export function modelWorker(model: InferenceModel, engine: EngineInfo): Worker {
  return {
    engine,
    contextTokens: model.contextTokens,
    model,
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
        stop: payload.stop,
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
  return {
    engine: {
      ...EngineInfo.defaultValue(),
      name: 'openai-compatible',
      build: Name.fitted(backend.modelName),
      backend: 'upstream',
    },
    contextTokens,
    model: null,
    async *generate(payload, bounds, signal) {
      let textBytes = 0;
      const sampling: Sampling = payload.sampling;
      const request = {
        messages: messagesOf(payload),
        maxTokens: payload.maxTokens,
        sampling,
        stop: payload.stop,
      };
      try {
        for await (const event of backend.chat(request, signal)) {
          if (event.type === 'text') {
            const text = encodeText(event.text);
            textBytes += text.length;
            yield { type: 'tokens', tokens: [], text };
            continue;
          }
          // §5.5 What a server counts beyond what was asked and shown, such as thoughts, is not billed.
          const tokensIn = Math.min(event.tokensIn, bounds.maxTokensIn);
          const tokensOut = Math.min(event.tokensOut, bounds.maxTokensOut, textTokensBound(textBytes));
          yield { type: 'end', finish: event.finish, text: new Uint8Array(0), tokensIn, tokensOut };
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}
