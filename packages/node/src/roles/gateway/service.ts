import { timingSafeEqual } from 'node:crypto';
import { committeeOf } from '@assay/ledger';
import {
  addressText,
  type CommitteeSeat,
  type EdgeCode,
  edgeCodes,
  GatewayMessage,
  InferencePayload,
  type ModelRow,
  messageTypes,
  resultCodes,
  type SessionRow,
  sha256,
  TaskRequest,
  TaskSubmission,
  toHex,
} from '@assay/protocol';
import { AssayError } from '../../errors.ts';
import type { Answer, AnswerEvent, ChatService, InferenceRequest } from '../../http/port.ts';
import { type Endpoint, type MessageStream, StreamLost } from '../../network/port.ts';
import { answerMs, inTime, receive } from '../../network/wire.ts';
import { decodeText, encodeText, TextPieces } from '../../utf8.ts';
import {
  type AccountSigner,
  networkAddress,
  protocols,
  type RoleContext,
  type RoleService,
  SigningRoots,
} from '../context.ts';
import { promptTokensBound } from '../prompt-bound.ts';

/** An API key, known only by its hash, and the session it spends. */
export interface ApiKey {
  /** SHA-256 of the key. */
  readonly hash: Uint8Array;
  readonly session: number;
  readonly sessionSigner: AccountSigner;
}

export interface GatewayOptions {
  readonly gateway: number;
  /** Those it takes at the moment: read again with every request (§16.9). */
  readonly keys: Iterable<ApiKey>;
  /** Milliseconds a submission stays valid. */
  readonly requestMs: number;
}

/** Turns requests of applications into signed tasks of a session, and streams of chunks into answers (§5 Request). */
export class Gateway implements RoleService, ChatService {
  readonly #context: RoleContext;
  readonly #options: GatewayOptions;
  readonly #roots: SigningRoots;
  #endpoint: Endpoint | null = null;

  constructor(context: RoleContext, options: GatewayOptions) {
    this.#context = context;
    this.#options = options;
    this.#roots = new SigningRoots(context.chain);
  }

  async start(): Promise<void> {
    this.#endpoint = await this.#context.network.join(addressText(this.#context.signer.address));
  }

  async stop(): Promise<void> {
    this.#endpoint?.leave();
    this.#endpoint = null;
  }

  knowsKey(apiKey: string): boolean {
    return this.#find(apiKey) !== null;
  }

  models(): { id: string; createdS: number; ownedBy: string }[] {
    const { state } = this.#context.engine.ledger;
    const createdS = Math.floor(state.globals.epochStartMs / 1000);
    const accepted = [...state.models].filter(({ status }) => status === 'accepted');
    return accepted.map((model) => ({
      id: decodeText(model.name),
      createdS,
      ownedBy: addressText(model.creator),
    }));
  }

  async ask(apiKey: string, request: InferenceRequest, signal: AbortSignal): Promise<Answer> {
    const key = this.#find(apiKey);
    if (key === null) throw new AssayError('INVALID_API_KEY');
    const session = this.#context.engine.ledger.state.sessions.get(key.session);
    if (session === undefined) throw new AssayError('UNKNOWN_SESSION');
    const model = this.#modelOf(request.model, session);
    const submission = this.#submissionOf(request, key, model);
    const { stream, taskId } = await this.#admit(submission, session);
    const leave = () => stream.abort();
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    return {
      taskId: `0x${toHex(taskId)}`,
      events: readAnswer(stream, () => signal.removeEventListener('abort', leave)),
    };
  }

  #find(apiKey: string): ApiKey | null {
    const hash = sha256(encodeText(apiKey));
    let found: ApiKey | null = null;
    for (const key of this.#options.keys) if (timingSafeEqual(key.hash, hash)) found = key;
    return found;
  }

  #modelOf(name: string, session: SessionRow): ModelRow {
    // Of all models of one name a session has an accepted one.
    const model = this.#context.engine.ledger.state.models.at(session.model);
    const own = decodeText(model.name);
    if (own !== name) throw new AssayError('MODEL_NOT_FOUND', `This key reaches "${own}".`);
    return model;
  }

  #submissionOf(request: InferenceRequest, key: ApiKey, model: ModelRow): TaskSubmission {
    if (request.maxTokens >= model.contextTokens) {
      throw new AssayError('CONTEXT_TOO_LONG', `${request.maxTokens} tokens asked, context ${model.contextTokens}.`);
    }
    const { runtime } = this.#context;
    const payload: InferencePayload = {
      messages: request.messages.map((message) => ({
        role: message.role,
        content: encodeText(message.content),
      })),
      maxTokens: request.maxTokens,
      sampling: {
        temperatureMicro: request.temperatureMicro,
        topPMicro: request.topPMicro,
        topK: 0,
        minPMicro: 0,
        seed: request.seed ?? runtime.random('seeds').int(2 ** 32),
      },
      stop: request.stop.map(encodeText),
      // One at least where any are wanted: only 0 says that nobody hears the numbers.
      topLogprobs: request.topLogprobs === null ? 0 : Math.max(1, request.topLogprobs),
      nonce: runtime.random('nonces').bytes(32),
    };
    const taskRequest: TaskRequest = {
      session: key.session,
      gateway: this.#options.gateway,
      requestHash: InferencePayload.hashTreeRoot(payload),
      maxTokensIn: promptTokensBound(payload, model.contextTokens - request.maxTokens),
      maxTokensOut: request.maxTokens,
      validUntilMs: runtime.nowMs() + this.#options.requestMs,
    };
    const signature = key.sessionSigner.sign(this.#roots.of(messageTypes.taskRequest, TaskRequest, taskRequest));
    return { request: taskRequest, signature, payload };
  }

  /** Asks the home mixer, then the ones after it while nobody answers (§5 Create). */
  async #admit(
    submission: TaskSubmission,
    session: SessionRow,
  ): Promise<{ stream: MessageStream; taskId: Uint8Array }> {
    const { runtime, engine } = this.#context;
    const { state } = engine.ledger;
    const endpoint = this.#endpoint;
    if (endpoint === null) throw new AssayError('NO_MIXER', 'This gateway is stopped.');
    for (const mixer of fromHome(committeeOf(state, state.globals.epoch), session.homeMixer)) {
      try {
        const stream = await endpoint.open(networkAddress(state.mixers.at(mixer)), protocols.task);
        const sent = stream.send(TaskSubmission.serialize(submission));
        const answered = sent.then(() => receive(stream, GatewayMessage));
        const message = await inTime(runtime, stream, answerMs, answered); // §5.24
        if (message?.kind === 'admitted') return { stream, taskId: message.value.taskId };
        const failure = message?.kind === 'failure' ? failureOf(message.value) : null;
        // A mixer that is leaving the committee, or has just joined it, sends on to the next one.
        if (failure !== null && failure.code !== 'NO_MIXER') throw failure;
      } catch (error) {
        if (!(error instanceof StreamLost)) throw error;
      }
    }
    throw new AssayError('NO_MIXER');
  }
}

/** The mixers of a committee from the home mixer on; the one after it when it is none of them. */
function fromHome(seats: readonly CommitteeSeat[], homeMixer: number): number[] {
  const mixers = seats.map(({ mixer }) => mixer);
  const first = Math.max(
    mixers.findIndex((mixer) => mixer >= homeMixer),
    0,
  );
  return [...mixers.slice(first), ...mixers.slice(0, first)];
}

type Failure = Extract<GatewayMessage, { kind: 'failure' }>['value'];

function failureOf({ code, detail }: Failure): AssayError {
  const name = decodeText(code);
  const known = name in edgeCodes || name in resultCodes;
  return new AssayError(known ? (name as EdgeCode) : 'INTERNAL', decodeText(detail));
}

async function* readAnswer(stream: MessageStream, done: () => void): AsyncIterable<AnswerEvent> {
  const text = new TextPieces();
  try {
    for (;;) {
      const message = await receive(stream, GatewayMessage);
      if (message === null) throw new AssayError('NO_MIXER', 'The mixer closed the answer before its end.');
      if (message.kind === 'failure') throw failureOf(message.value);
      if (message.kind === 'chunk') {
        const chunk = message.value;
        const tokens = chunk.tokens.map((token) => ({
          ...token,
          text: decodeText(token.text),
          top: token.top.map((top) => ({ ...top, text: decodeText(top.text) })),
        }));
        yield { type: 'tokens', text: text.push(chunk.text), tokens };
        continue;
      }
      if (message.kind !== 'ended') throw new AssayError('NO_MIXER', 'The mixer broke the protocol.');
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
    throw error;
  } finally {
    done();
    stream.abort();
  }
}
