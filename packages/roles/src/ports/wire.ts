import type { Type } from '@chainsafe/ssz';
import { type MessageStream, NoMessage } from './network.ts';
import type { Timers } from './runtime.ts';

/** Longest wait for an answer that takes no work (§5.24). */
export const answerMs = 2000;

/** The next message of a stream, decoded; null when the other side has closed. One that does not decode breaks it. */
export async function receive<T>(stream: MessageStream, type: Type<T>): Promise<T | null> {
  const { done, value } = await stream.messages.next();
  return done ? null : decoded(stream, type, value);
}

/** A message of a stream; one that does not decode breaks it, and is thrown. */
export function decoded<T>(stream: MessageStream, type: Type<T>, message: Uint8Array): T {
  try {
    return type.deserialize(message);
  } catch (error) {
    stream.abort(misread(type, error));
    throw error;
  }
}

/** A message of a topic, decoded. Throws {@link NoMessage}. */
export function heard<T>(message: Uint8Array, type: Type<T>): T {
  try {
    return type.deserialize(message);
  } catch (cause) {
    throw new NoMessage(misread(type, cause), { cause });
  }
}

const misread = (type: Type<unknown>, error: unknown) =>
  `a message that is no ${type.typeName} (${(error as Error).message})`;

/**
 * What `work` on a stream gives. After `limitMs` the stream is broken, and with it the work that waits for the other
 * side.
 */
export async function inTime<T>(runtime: Timers, stream: MessageStream, limitMs: number, work: Promise<T>): Promise<T> {
  const cancel = runtime.timer(limitMs, () => stream.abort());
  try {
    return await work;
  } finally {
    cancel();
  }
}

/** Opens no stream of its own: sends one message, closes this side, decodes the one answer, within `answerMs`. */
export async function ask<A>(
  runtime: Timers,
  stream: MessageStream,
  question: Uint8Array,
  answer: Type<A>,
): Promise<A | null> {
  const sent = stream.send(question).then(() => stream.close());
  return inTime(
    runtime,
    stream,
    answerMs,
    sent.then(() => receive(stream, answer)),
  );
}
