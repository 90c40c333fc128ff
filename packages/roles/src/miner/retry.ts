import { AssayError, type InferencePayload } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import type { Worker, WorkerEvent } from './worker.ts';

interface Asked {
  readonly payload: InferencePayload;
  readonly bounds: Parameters<Worker['generate']>[1];
}

/**
 * What a worker makes of a payload; once more when its backend fails. An engine that draws by the seed repeats an
 * answer to the letter (verification §1.3), so what was given stays given and the rest follows. A server with chance of
 * its own is asked again only before its first word.
 */
export async function* generateAgain(worker: Worker, asked: Asked, signal: AbortSignal): AsyncGenerator<WorkerEvent> {
  const given: WorkerEvent[] = [];
  try {
    yield* generateFrom(worker, asked, { given, signal });
  } catch (error) {
    const failed = error instanceof AssayError && error.code === 'BACKEND_FAILED';
    const isRepeatable = worker.model !== null && worker.engine.sampler === 'seeded';
    const mayRepeat = isRepeatable || given.every(({ type }) => type === 'begin');
    if (!failed || !mayRepeat || signal.aborted) throw error;
    yield* generateFrom(worker, asked, { given, signal });
  }
}

/** Gives what comes after `given`, and adds it there. */
async function* generateFrom(
  worker: Worker,
  { payload, bounds }: Asked,
  { given, signal }: { given: WorkerEvent[]; signal: AbortSignal },
): AsyncGenerator<WorkerEvent> {
  let index = 0;
  for await (const event of worker.generate(payload, bounds, signal)) {
    const before = given[index++];
    if (before !== undefined && !isSame(before, event)) {
      throw new AssayError('BACKEND_FAILED', 'It gave another answer after it was restarted.');
    }
    if (before !== undefined) continue;
    given.push(event);
    yield event;
  }
}

function isSame(before: WorkerEvent, now: WorkerEvent): boolean {
  if (before.type === 'begin' || now.type === 'begin') return before.type === now.type;
  if (!equalBytes(before.text, now.text) || before.type !== now.type) return false;
  if (before.type !== 'tokens' || now.type !== 'tokens') return true;
  return before.tokens.length === now.tokens.length && before.tokens.every(({ id }, i) => id === now.tokens[i]?.id);
}
