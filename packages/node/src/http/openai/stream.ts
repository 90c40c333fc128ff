import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { AnswerEvent } from '@assay/roles/ports/chat';
import { errorBody, refusalOf } from '../refusal.ts';
import { type ChunkWriter, missingEnd } from './completion.ts';

/** A running answer: its first event, which came before anything was sent, and the rest. */
export interface StartedAnswer {
  readonly first: IteratorResult<AnswerEvent>;
  readonly rest: AsyncIterator<AnswerEvent>;
}

/** Waits for the first event, so that what fails before it is still answered with a status of its own. */
export async function startAnswer(events: AsyncIterable<AnswerEvent>): Promise<StartedAnswer> {
  const rest = events[Symbol.asyncIterator]();
  return { first: await rest.next(), rest };
}

/**
 * Writes an answer as server-sent events, one write per event, no faster than the client reads. What fails after the
 * first byte becomes an event with OpenAI's error shape, and the stream ends without `[DONE]`.
 *
 * @returns the failure, if there was one; the response is ended in any case.
 */
export async function writeEvents(
  response: ServerResponse,
  answer: StartedAnswer,
  writer: ChunkWriter,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    await writeAll(response, answer, writer, signal);
    return null;
  } catch (error) {
    const failure = signal.aborted ? signal.reason : error;
    if (!response.writableEnded && !response.destroyed) {
      response.end(`data: ${JSON.stringify(errorBody(refusalOf(failure)))}\n\n`);
    }
    return failure;
  } finally {
    await answer.rest.return?.();
  }
}

async function writeAll(
  response: ServerResponse,
  { first, rest }: StartedAnswer,
  writer: ChunkWriter,
  signal: AbortSignal,
): Promise<void> {
  for (let next = first; !next.done; next = await rest.next()) {
    signal.throwIfAborted();
    if (next.value.type === 'end') {
      response.end(writer.end(next.value));
      continue;
    }
    const chunk = writer.tokens(next.value);
    if (chunk !== '' && !response.write(chunk)) await once(response, 'drain', { signal });
  }
  if (!response.writableEnded) throw missingEnd();
}
