import { EventEmitter } from 'node:events';
import { AssayError } from '@assay/protocol';
import type { Answer, AnswerEvent, AnswerToken, ChatService, InferenceRequest } from '@assay/roles/ports/chat';
import { encodeText, sha256, toHex } from '@assay/ssz';

/** How a gateway departs from answering at once and in full. */
export interface Behaviour {
  /** Repeats the answer for ever. */
  readonly endless?: boolean;
  /** Throws this after so many tokens. */
  readonly failure?: { readonly afterTokens: number; readonly error: unknown };
  /** Waits for this before its first token, or until it is aborted. */
  readonly gate?: Promise<void>;
  /** Stops without an `end` event. */
  readonly breaksOff?: boolean;
}

const contextTokens = 4096;

/** The words of a text, each with the space before it: the tokens of this gateway. */
const wordsOf = (text: string): string[] => text.match(/\s*\S+|\s+$/gu) ?? [];

/** A gateway that answers with the last message: it keeps to every rule of ChatService, with no network behind it. */
export class EchoGateway implements ChatService {
  readonly key = 'sk-assay-test';
  readonly asked: InferenceRequest[] = [];
  /** Reasons for which requests were aborted. */
  readonly aborts: unknown[] = [];
  /** Emits `asked` and `aborted`. */
  readonly events = new EventEmitter<{ asked: []; aborted: [] }>();
  readonly #behaviour: Behaviour;

  constructor(behaviour: Behaviour = {}) {
    this.#behaviour = behaviour;
  }

  knowsKey(apiKey: string): boolean {
    return apiKey === this.key;
  }

  models() {
    return [
      { id: 'echo', createdS: 1_700_000_000, ownedBy: 'assay' },
      { id: 'org/echo-2', createdS: 1_700_000_001, ownedBy: 'assay' },
    ];
  }

  async ask(apiKey: string, request: InferenceRequest, signal: AbortSignal): Promise<Answer> {
    if (!this.knowsKey(apiKey)) throw new AssayError('INVALID_API_KEY');
    if (!this.models().some(({ id }) => id === request.model)) throw new AssayError('MODEL_NOT_FOUND');
    const tokensIn = request.messages.reduce((sum, { content }) => sum + wordsOf(content).length, 0);
    if (tokensIn + request.maxTokens > contextTokens) throw new AssayError('CONTEXT_TOO_LONG');
    this.asked.push(request);
    const noteAbort = () => {
      this.aborts.push(signal.reason);
      this.events.emit('aborted');
    };
    signal.addEventListener('abort', noteAbort, { once: true });
    this.events.emit('asked');
    const identity = encodeText(JSON.stringify([this.asked.length, request]));
    const taskId = `0x${toHex(sha256(identity))}`;
    return { taskId, events: this.#events(request, tokensIn, signal) };
  }

  async *#events(request: InferenceRequest, tokensIn: number, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
    let tokensOut = 0;
    await this.#opened(signal);
    for (const word of this.#words(request)) {
      if (tokensOut === request.maxTokens) break;
      // Lets the sockets have their turn, as a model does between two tokens.
      await new Promise(setImmediate);
      signal.throwIfAborted();
      if (this.#behaviour.failure?.afterTokens === tokensOut) throw this.#behaviour.failure.error;
      tokensOut += 1;
      yield { type: 'tokens', text: word, tokens: [tokenOf(word, request)] };
    }
    if (this.#behaviour.breaksOff) return;
    yield { type: 'end', finish: tokensOut === request.maxTokens ? 'length' : 'stop', tokensIn, tokensOut };
  }

  *#words({ messages, stop }: InferenceRequest): Generator<string> {
    const said = messages.at(-1)?.content ?? '';
    const ends = stop.map((sequence) => said.indexOf(sequence)).filter((at) => at >= 0);
    const words = wordsOf(said.slice(0, Math.min(said.length, ...ends)));
    do yield* words;
    while (this.#behaviour.endless);
  }

  async #opened(signal: AbortSignal): Promise<void> {
    const { gate } = this.#behaviour;
    if (gate === undefined) return;
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    await Promise.race([gate, aborted]);
  }
}

/** A token whose likelihood is a function of its text, with as many alternatives as asked, or five. */
function tokenOf(text: string, { topLogprobs }: InferenceRequest): AnswerToken {
  const chosen = { id: text.length, text, negLogprobMicro: (text.length - 1) * 250_000 };
  const top = Array.from({ length: Math.max(5, topLogprobs ?? 0) }, (_, rank) => ({
    id: text.length + rank,
    text: rank === 0 ? text : `${text}~${rank}`,
    negLogprobMicro: chosen.negLogprobMicro + rank * 1_000_000,
  }));
  return { ...chosen, top };
}
