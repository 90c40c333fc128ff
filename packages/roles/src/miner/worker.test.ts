import { InferencePayload } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import type { TextBackend } from '../ports/inference.ts';
import { decodeText } from '../utf8.ts';
import { upstreamWorker, type WorkerEvent } from './worker.ts';

async function answer(text: string, counted: { tokensIn: number; tokensOut: number }) {
  const backend: TextBackend = {
    baseUrl: 'http://127.0.0.1:1',
    modelName: 'm',
    async *chat() {
      yield { type: 'text', text };
      yield { type: 'end', finish: 'stop', ...counted };
    },
  };
  const events: WorkerEvent[] = [];
  const bounds = { maxTokensIn: 20, maxTokensOut: 8 };
  const { signal } = new AbortController();
  const worker = upstreamWorker(backend, 100);
  for await (const event of worker.generate(InferencePayload.defaultValue(), bounds, signal)) events.push(event);
  return events;
}

describe('a worker over a text server (§5.5)', () => {
  it('gives its text as it came, and its counts', async () => {
    const [piece, end] = await answer('\ufeffé', { tokensIn: 5, tokensOut: 3 });
    expect(piece?.type === 'tokens' && decodeText(piece.text)).toBe('\ufeffé');
    expect(end).toMatchObject({ tokensIn: 5, tokensOut: 3 });
  });

  it('bills no more than was asked for, and than so much text can be', async () => {
    expect((await answer('0123456789', { tokensIn: 30, tokensOut: 20 })).at(-1)).toMatchObject({
      tokensIn: 20,
      tokensOut: 8,
    });
    expect((await answer('abc', { tokensIn: 5, tokensOut: 8 })).at(-1)).toMatchObject({ tokensOut: 4 });
  });
});
