import type { Type } from '@chainsafe/ssz';
import type { MessageStream } from './port.ts';

/** The next message of a stream, decoded; null when the other side has closed. Throws on bytes that do not decode. */
export async function receive<T>(stream: MessageStream, type: Type<T>): Promise<T | null> {
  const { done, value } = await stream.messages.next();
  return done ? null : type.deserialize(value);
}

/** Opens no stream of its own: sends one message, closes this side, decodes the one answer. */
export async function ask<Q, A>(stream: MessageStream, question: [Type<Q>, Q], answer: Type<A>): Promise<A | null> {
  await stream.send(question[0].serialize(question[1]));
  stream.close();
  return receive(stream, answer);
}
