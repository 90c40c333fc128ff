import { AssayError, EngineInfo, InferencePayload } from '@assay/protocol';
import { generateAgain } from '@assay/roles/miner/index';
import type { Worker, WorkerEvent } from '@assay/roles/miner/worker';
import { encodeText } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { SimulatedModel } from '../src/simulated-model.ts';

const failed = new AssayError('BACKEND_FAILED', 'it was stopped');
const payload = InferencePayload.defaultValue();
const bounds = { maxTokensIn: 1, maxTokensOut: 9 };
const token = (id: number): WorkerEvent => ({
  type: 'tokens',
  tokens: [{ id, text: '', negLogprobMicro: 0, top: [] }],
  text: encodeText(String(id)),
});

/** A worker whose runs give these events, one run after the other; an error ends a run. */
function workerOf(
  runs: (WorkerEvent | Error)[][],
  model: Worker['model'] = new SimulatedModel('registered'),
  sampler: EngineInfo['sampler'] = 'seeded',
): Worker {
  return {
    engine: { ...EngineInfo.defaultValue(), sampler },
    contextTokens: 10,
    model,
    async *generate() {
      for (const event of runs.shift() ?? []) {
        if (event instanceof Error) throw event;
        yield event;
      }
    },
  };
}

async function gather(worker: Worker, signal = new AbortController().signal) {
  const events: WorkerEvent[] = [];
  try {
    for await (const event of generateAgain(worker, { payload, bounds }, signal)) events.push(event);
  } catch (error) {
    return { events, error };
  }
  return { events, error: null };
}

describe('an answer whose backend failed (§5.20)', () => {
  it('goes on where it was', async () => {
    const worker = workerOf([
      [token(1), token(2), failed],
      [token(1), token(2), token(3)],
    ]);
    expect(await gather(worker)).toEqual({ events: [token(1), token(2), token(3)], error: null });
  });

  it('is not spliced to another one', async () => {
    const { events, error } = await gather(workerOf([[token(1), failed], [token(9)]]));
    expect(events).toEqual([token(1)]);
    expect(error).toMatchObject({ code: 'BACKEND_FAILED', message: expect.stringContaining('another answer') });
  });

  it('is tried twice, and only for a fault of the backend', async () => {
    expect((await gather(workerOf([[failed], [failed], [token(1)]]))).error).toBe(failed);
    const refused = new AssayError('INVALID_REQUEST');
    expect((await gather(workerOf([[refused], [token(1)]]))).error).toBe(refused);
  });

  it('is not tried again for a client that left', async () => {
    expect((await gather(workerOf([[failed], [token(1)]]), AbortSignal.abort())).error).toBe(failed);
  });

  it('of a text server is asked for again only before its first word', async () => {
    expect((await gather(workerOf([[failed], [token(1)]], null))).events).toEqual([token(1)]);
    expect((await gather(workerOf([[token(1), failed], [token(1)]], null))).error).toBe(failed);
  });

  it.each(['cutsFirst', 'temperatureFirst'] as const)(
    'of a server with chance of its own (%s), too',
    async (sampler) => {
      const begin: WorkerEvent = { type: 'begin', promptIds: [1] };
      const model = new SimulatedModel('registered');
      const early = workerOf(
        [
          [begin, failed],
          [begin, token(1)],
        ],
        model,
        sampler,
      );
      expect(await gather(early)).toEqual({ events: [begin, token(1)], error: null });
      const late = workerOf(
        [
          [begin, token(1), failed],
          [begin, token(1)],
        ],
        model,
        sampler,
      );
      expect((await gather(late)).error).toBe(failed);
    },
  );
});
