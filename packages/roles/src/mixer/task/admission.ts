import { type LedgerView, priceOf } from '@assay/ledger';
import {
  AssayError,
  type InferencePayload,
  limits,
  type ModelRow,
  type Ref,
  type SessionRow,
  type TaskRequest,
} from '@assay/protocol';
import { textBytesBound } from '../../prompt-bound.ts';
import type { TaskTerms } from './state.ts';

/** What one mixer has promised of its sessions' escrows and the ledger does not show yet (§4.3). */
export class Reservations {
  readonly #byTask = new Map<string, { session: Ref<'sessions'>; units: bigint }>();
  readonly #bySession = new Map<Ref<'sessions'>, bigint>();

  /** Base units of a session that are promised. */
  reservedUnits(session: Ref<'sessions'>): bigint {
    return this.#bySession.get(session) ?? 0n;
  }

  get size(): number {
    return this.#byTask.size;
  }

  /** Sets what a task may cost at most; a later call with the real price frees the rest. */
  hold(taskId: string, session: Ref<'sessions'>, units: bigint): void {
    this.release(taskId);
    this.#byTask.set(taskId, { session, units });
    this.#bySession.set(session, this.reservedUnits(session) + units);
  }

  release(taskId: string): void {
    const held = this.#byTask.get(taskId);
    if (held === undefined) return;
    this.#byTask.delete(taskId);
    const left = this.reservedUnits(held.session) - held.units;
    if (left === 0n) this.#bySession.delete(held.session);
    else this.#bySession.set(held.session, left);
  }
}

export interface Admission {
  readonly session: SessionRow;
  readonly terms: TaskTerms;
  /** The most this task can cost; to be reserved before work starts. */
  readonly maxUnits: bigint;
}

/**
 * Whether a signed request may become a task: an open session, a price it can pay with all that is promised already
 * (§4.3 reserve before work). The signature and the payload's hash are the caller's to check.
 */
export function admit(
  state: LedgerView,
  request: TaskRequest,
  options: { reservedUnits: bigint; nowMs: number; isTest: boolean },
): Admission {
  const session = state.sessions.get(request.session);
  if (session === undefined) throw new AssayError('UNKNOWN_SESSION');
  if (session.status !== 'open') throw new AssayError('SESSION_CLOSED');
  if (session.expiryHeight <= state.globals.height) throw new AssayError('SESSION_EXPIRED');
  // §5.14
  if (session.redundancy > 1) {
    const detail = `The session asks for ${session.redundancy} miners a task, and this mixer runs one; open another.`;
    throw new AssayError('UNSUPPORTED_PARAMETER', detail);
  }
  if (request.validUntilMs < options.nowMs) throw new AssayError('EXPIRED');
  // §5.22
  if (request.validUntilMs > options.nowMs + limits.maxRequestValidityMs) {
    const detail = `A signed request holds for ${limits.maxRequestValidityMs / 60_000} minutes at most.`;
    throw new AssayError('INVALID_REQUEST', detail);
  }
  if (state.gateways.get(request.gateway)?.status !== 'active') throw new AssayError('RECEIPT_UNKNOWN_ROLE');
  const model = state.models.get(session.model);
  if (model === undefined) throw new AssayError('UNKNOWN_MODEL');
  // §5.19
  const contextTokens = request.maxTokensIn + request.maxTokensOut;
  if (contextTokens > model.contextTokens) {
    throw new AssayError('CONTEXT_TOO_LONG', `${contextTokens} tokens asked, context ${model.contextTokens}.`);
  }
  if (session.isBackground && !options.isTest) requireRoom(state, request);
  const terms = termsOf(session, model, options.isTest);
  const maxUnits = priceOf(terms, { tokensIn: request.maxTokensIn, tokensOut: request.maxTokensOut });
  const freeUnits = session.escrowUnits - options.reservedUnits;
  if (maxUnits > session.maxTaskUnits || maxUnits > freeUnits) {
    const most = maxUnits > session.maxTaskUnits ? session.maxTaskUnits : freeUnits;
    throw new AssayError('SESSION_EXHAUSTED', `It may cost ${maxUnits} base units; the session can pay ${most}.`);
  }
  return { session, terms, maxUnits };
}

/** §5.19 Whether a payload is as its request says, and such that every miner can serve it and be believed. */
export function requirePayload(payload: InferencePayload, request: TaskRequest): void {
  const { maxTokens, stop, topLogprobs } = payload;
  if (stop.some((sequence) => sequence.length === 0)) throw invalid('A stop sequence is empty.');
  if (maxTokens === 0 || maxTokens !== request.maxTokensOut) {
    throw invalid(`It asks for ${maxTokens} tokens and is signed for ${request.maxTokensOut}.`);
  }
  if (topLogprobs > limits.maxTopLogprobs) throw invalid(`At most ${limits.maxTopLogprobs} alternatives are reported.`);
  if (bundleBytesBound(payload, request) > limits.maxMessageBytes) {
    throw new AssayError('CONTEXT_TOO_LONG', 'What an auditor would need of it does not fit a message.');
  }
}

/** Most bytes of an artifact and its payload: 4 for a prompt token, 64 for an output token, and the texts. */
function bundleBytesBound(payload: InferencePayload, { maxTokensIn, maxTokensOut }: TaskRequest): number {
  const textBytes = textBytesBound(maxTokensOut);
  return 4 * maxTokensIn + 64 * maxTokensOut + textBytes + payloadBytes(payload);
}

/** Most bytes of a payload. */
export function payloadBytes({ messages }: InferencePayload): number {
  return messages.reduce((sum, { content }) => sum + content.length + 16, 4096);
}

const invalid = (detail: string) => new AssayError('INVALID_REQUEST', detail);

/** §5.13 The network's own tasks wait for the next epoch when this one has had enough of them. */
function requireRoom({ params, globals }: LedgerView, request: TaskRequest): void {
  const left = params.background.maxTokensPerEpoch - globals.backgroundTokens;
  if (request.maxTokensIn + request.maxTokensOut <= left) return;
  throw new AssayError('TOO_MANY_REQUESTS', `This epoch takes ${Math.max(left, 0)} more tokens of the network's own.`);
}

/** The terms of a session's model; the network's own tasks cost nothing. */
function termsOf({ model, isBackground }: SessionRow, { fileHash, ...row }: ModelRow, isTest: boolean): TaskTerms {
  const { priceInUnits, priceOutUnits } = isBackground ? { priceInUnits: 0n, priceOutUnits: 0n } : row;
  const kind = isBackground ? (isTest ? 'challenge' : 'background') : 'user';
  return { kind, model, fileHash, priceInUnits, priceOutUnits };
}
