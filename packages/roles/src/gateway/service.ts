import { committeeOf } from '@assay/ledger';
import {
  AssayError,
  addressText,
  type CommitteeSeat,
  InferencePayload,
  type ModelRow,
  messageTypes,
  type Ref,
  type SessionRow,
  TaskRequest,
  type TaskSubmission,
} from '@assay/protocol';
import { encodeText, sha256, toHex } from '@assay/ssz';
import { type AccountSigner, protocols, type RoleContext, type RoleService, SigningRoots } from '../context.ts';
import type { Answer, ChatService, InferenceRequest } from '../ports/chat.ts';
import { type Endpoint, type MessageStream, peerIdOf, StreamLost } from '../ports/network.ts';
import { answerMs } from '../ports/wire.ts';
import { boundsOf } from '../prompt-bound.ts';
import { readAnswer, submit } from './messages.ts';

/** The session that an API key spends. */
export interface ApiKey {
  readonly session: Ref<'sessions'>;
  readonly sessionSigner: AccountSigner;
}

/** API keys that are taken at the moment, by `hashOfApiKey`. */
export type ApiKeys = Pick<ReadonlyMap<string, ApiKey>, 'get'>;

/** SHA-256 of an API key, in hex: all that a gateway keeps of one. */
export const hashOfApiKey = (apiKey: string): string => toHex(sha256(encodeText(apiKey)));

export interface GatewayOptions {
  readonly gateway: Ref<'gateways'>;
  /** Asked again with every request (§16.9). */
  readonly keys: ApiKeys;
}

/** How long a request holds beside what it may wait (§5.25): longer than clocks differ, and some mixers are silent. */
const requestMs = 15_000;

/** Turns requests of applications into signed tasks of a session, and streams of chunks into answers (§5 Request). */
export class Gateway implements RoleService, ChatService {
  readonly #context: RoleContext;
  readonly #options: GatewayOptions;
  readonly #roots: SigningRoots;
  #endpoint: Endpoint | null = null;

  constructor(context: RoleContext, options: GatewayOptions) {
    this.#context = context;
    this.#options = options;
    this.#roots = new SigningRoots(context.chain.identity);
  }

  async start(): Promise<void> {
    this.#endpoint = await this.#context.network.join(this.#context.signer);
  }

  async stop(): Promise<void> {
    this.#endpoint?.leave();
    this.#endpoint = null;
  }

  knowsKey(apiKey: string): boolean {
    return this.#find(apiKey) !== undefined;
  }

  models(apiKey: string): { id: string; createdS: number; ownedBy: string }[] {
    const { sessions, models, globals } = this.#context.chain.head();
    const key = this.#find(apiKey);
    const session = key === undefined ? undefined : sessions.get(key.session);
    if (session === undefined) return [];
    const { name, creator } = models.at(session.model);
    return [{ id: name, createdS: Math.floor(globals.epochStartMs / 1000), ownedBy: addressText(creator) }];
  }

  async ask(apiKey: string, request: InferenceRequest, signal: AbortSignal): Promise<Answer> {
    const key = this.#find(apiKey);
    if (key === undefined) throw new AssayError('INVALID_API_KEY');
    const session = this.#context.chain.head().sessions.get(key.session);
    if (session === undefined) throw new AssayError('UNKNOWN_SESSION');
    const model = this.#modelOf(request.model, session);
    const submission = () => {
      // Who has left is asked for of nobody.
      signal.throwIfAborted();
      return this.#submissionOf(request, key, model);
    };
    const { stream, taskId } = await this.#admit(submission, session, signal);
    const leave = () => stream.abort();
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    return {
      taskId: `0x${toHex(taskId)}`,
      events: readAnswer(stream, {
        maxTokens: request.maxTokens,
        done: () => signal.removeEventListener('abort', leave),
      }),
    };
  }

  #find(apiKey: string): ApiKey | undefined {
    return this.#options.keys.get(hashOfApiKey(apiKey));
  }

  #modelOf(name: string, session: SessionRow): ModelRow {
    // Of all models of one name a session has an accepted one.
    const model = this.#context.chain.head().models.at(session.model);
    if (model.name === name) return model;
    const detail = `The session of this key is for "${model.name}"; another model takes another session.`;
    throw new AssayError('MODEL_NOT_FOUND', detail);
  }

  #submissionOf(request: InferenceRequest, key: ApiKey, model: ModelRow): TaskSubmission {
    if (request.maxTokens >= model.contextTokens) {
      throw new AssayError('CONTEXT_TOO_LONG', `${request.maxTokens} tokens asked, context ${model.contextTokens}.`);
    }
    const { runtime } = this.#context;
    const payload: InferencePayload = {
      messages: request.messages.map((message) => ({
        role: message.role,
        content: message.content,
      })),
      maxTokens: request.maxTokens,
      sampling: {
        temperatureMicro: request.temperatureMicro,
        topPMicro: request.topPMicro,
        topK: 0,
        minPMicro: 0,
        seed: request.seed ?? runtime.random('seeds').int(2 ** 32),
      },
      stop: [...request.stop],
      // One at least where any are wanted: only 0 says that nobody hears the numbers.
      topLogprobs: request.topLogprobs === null ? 0 : Math.max(1, request.topLogprobs),
      nonce: runtime.random('nonces').bytes(32),
    };
    const taskRequest: TaskRequest = {
      session: key.session,
      gateway: this.#options.gateway,
      requestHash: InferencePayload.hashTreeRoot(payload),
      ...boundsOf(payload, model.contextTokens),
      validUntilMs: runtime.nowMs() + requestMs + this.#context.chain.head().params.queue.maxWaitMs,
    };
    const signature = key.sessionSigner.sign(this.#roots.of(messageTypes.taskRequest, TaskRequest, taskRequest));
    return { request: taskRequest, signature, payload };
  }

  /**
   * Asks the home mixer, then the ones after it while nobody answers (§5 Create). Each gets a request of its own:
   * what one that answers too late made of its own takes nothing from the next (§5.6).
   */
  async #admit(
    newSubmission: () => TaskSubmission,
    session: SessionRow,
    signal: AbortSignal,
  ): Promise<{ stream: MessageStream; taskId: Uint8Array }> {
    const { runtime, chain } = this.#context;
    const head = chain.head();
    const endpoint = this.#endpoint;
    if (endpoint === null) throw new AssayError('NO_MIXER', 'This gateway is stopped.');
    for (const mixer of fromHome(committeeOf(head, head.globals.epoch), session.homeMixer)) {
      const submission = newSubmission();
      const dueMs = runtime.monotonicMs() + answerMs;
      try {
        const stream = await endpoint.open(peerIdOf(chain.head().mixers.at(mixer)), protocols.task);
        const limitMs = Math.max(0, dueMs - runtime.monotonicMs());
        const queueMs = head.params.queue.maxWaitMs + answerMs;
        const leave = () => stream.abort();
        signal.addEventListener('abort', leave, { once: true });
        const answer = await submit(stream, submission, { timers: runtime, limitMs, queueMs });
        signal.removeEventListener('abort', leave);
        if (answer !== null && 'taskId' in answer) return { stream, taskId: answer.taskId };
        stream.abort();
        // A mixer that is leaving the committee, or has just joined it, sends on to the next one.
        if (answer !== null && answer.failure.code !== 'NO_MIXER') throw answer.failure;
      } catch (error) {
        if (!(error instanceof StreamLost)) throw error;
      }
    }
    throw new AssayError('NO_MIXER');
  }
}

/** The mixers of a committee from the home mixer on; the one after it when it is none of them. */
function fromHome(seats: readonly CommitteeSeat[], homeMixer: Ref<'mixers'>): Ref<'mixers'>[] {
  const mixers = seats.map(({ mixer }) => mixer);
  const first = Math.max(
    mixers.findIndex((mixer) => mixer >= homeMixer),
    0,
  );
  return [...mixers.slice(first), ...mixers.slice(0, first)];
}
