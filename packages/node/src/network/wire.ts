import type { Type } from '@chainsafe/ssz';
import type { MessageStream } from './port.ts';

/** Longest wait for an answer that takes no work (§5.24). */
export const answerMs = 2000;

/** The next message of a stream, decoded; null when the other side has closed. Throws on bytes that do not decode. */
export async function receive<T>(stream: MessageStream, type: Type<T>): Promise<T | null> {
  const { done, value } = await stream.messages.next();
  return done ? null : type.deserialize(value);
}

/**
 * What `work` on a stream gives. After `limitMs` the stream is broken, and with it the work that waits for the other
 * side.
 */
export async function inTime<T>(stream: MessageStream, limitMs: number, work: Promise<T>): Promise<T> {
  const timer = setTimeout(() => stream.abort(), limitMs);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

/** Opens no stream of its own: sends one message, closes this side, decodes the one answer, within `limitMs`. */
export async function ask<Q, A>(
  stream: MessageStream,
  question: readonly [Type<Q>, Q],
  answer: Type<A>,
  limitMs: number,
): Promise<A | null> {
  const sent = stream.send(question[0].serialize(question[1])).then(() => stream.close());
  return inTime(
    stream,
    limitMs,
    sent.then(() => receive(stream, answer)),
  );
}
