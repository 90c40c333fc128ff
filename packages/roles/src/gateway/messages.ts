import { AssayError, GatewayMessage, infoOf, isCode, TaskSubmission } from '@assay/protocol';
import type { AnswerEvent } from '../ports/chat.ts';
import { type MessageStream, StreamLost } from '../ports/network.ts';
import type { Timers } from '../ports/runtime.ts';
import { inTime, receive } from '../ports/wire.ts';
import { textBytesBound } from '../prompt-bound.ts';
import { decodeText, TextPieces } from '../utf8.ts';

/**
 * Offers a task: its id once it is admitted, or why it is not; null when the mixer says neither in `limitMs`. One that
 * says that the request waits for its turn has `queueMs` more (§5.25).
 */
export async function submit(
  stream: MessageStream,
  submission: TaskSubmission,
  { timers, limitMs, queueMs }: { readonly timers: Timers; readonly limitMs: number; readonly queueMs: number },
): Promise<{ readonly taskId: Uint8Array } | { readonly failure: AssayError } | null> {
  const sent = stream.send(TaskSubmission.serialize(submission));
  // Who is lost, or says what nobody can read, has said nothing.
  const read = () => receive(stream, GatewayMessage).catch(() => null);
  const first = await inTime(timers, stream, limitMs, sent.then(read));
  const message = first?.kind === 'queued' ? await inTime(timers, stream, queueMs, read()) : first;
  if (message?.kind === 'admitted') return message.value;
  return message?.kind === 'failure' ? { failure: failureOf(message.value) } : null;
}

/**
 * What comes of an admitted task, until its end, bounded by what was asked for (§5.16); throws AssayError when it
 * fails. `done` is called in any case.
 */
export async function* readAnswer(
  stream: MessageStream,
  { maxTokens, done }: { readonly maxTokens: number; readonly done: () => void },
): AsyncIterable<AnswerEvent> {
  const text = new TextPieces();
  const left = { tokens: maxTokens, bytes: textBytesBound(maxTokens) };
  try {
    for (;;) {
      const message = await receive(stream, GatewayMessage);
      if (message === null) throw new AssayError('NO_MIXER', 'The mixer closed the answer before its end.');
      if (message.kind === 'failure') throw failureOf(message.value);
      if (message.kind === 'chunk') {
        const chunk = message.value;
        left.tokens -= chunk.tokens.length;
        left.bytes -= chunk.text.length;
        requireRoom(left);
        const tokens = chunk.tokens.map((token) => ({
          ...token,
          text: decodeText(token.text),
          top: token.top.map((top) => ({ ...top, text: decodeText(top.text) })),
        }));
        yield { type: 'tokens', text: text.push(chunk.text), tokens };
        continue;
      }
      if (message.kind !== 'ended') throw brokeProtocol();
      const end = message.value;
      const rest = text.flush();
      if (rest !== '') yield { type: 'tokens', text: rest, tokens: [] };
      const finish = end.finish === 'length' ? 'length' : 'stop';
      yield { type: 'end', finish, tokensIn: end.tokensIn, tokensOut: end.tokensOut };
      return;
    }
  } catch (error) {
    if (error instanceof StreamLost)
      throw new AssayError('NO_MIXER', 'The mixer was lost in the middle of the answer.');
    throw error instanceof AssayError ? error : brokeProtocol(error);
  } finally {
    done();
    stream.abort();
  }
}

type Failure = Extract<GatewayMessage, { kind: 'failure' }>['value'];

/** A mixer knows nothing of the keys of applications, and says of no failure that all is well. */
function failureOf({ code, detail, retryAfterMs }: Failure): AssayError {
  const isItsOwn = isCode(code) && code !== 'OK' && infoOf(code).type !== 'authentication_error';
  return new AssayError(isItsOwn ? code : 'INTERNAL', detail, { retryAfterMs });
}

/** §5.16 */
function requireRoom({ tokens, bytes }: { readonly tokens: number; readonly bytes: number }): void {
  if (tokens < 0 || bytes < 0) throw brokeProtocol();
}

const brokeProtocol = (cause?: unknown) => new AssayError('NO_MIXER', 'The mixer broke the protocol.', { cause });
