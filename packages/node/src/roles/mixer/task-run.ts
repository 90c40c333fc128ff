import {
  type Artifact,
  Artifact as ArtifactType,
  type Chunk,
  GatewayMessage,
  type InferencePayload,
  limits,
  littleEndian,
  MinerToMixer,
  MixerToMiner,
  messageTypes,
  Precommit,
  type Receipt,
  StreamCheckpoint,
  sha256,
  type TaskEvidence,
  taskFailureBytes,
} from '@assay/protocol';
import type { Endpoint, MessageStream } from '../../network/port.ts';
import { receive } from '../../network/wire.ts';
import { decodeText, encodeText } from '../../utf8.ts';
import { networkAddress, protocols, type RoleContext, type SigningRoots } from '../context.ts';
import { requestFaultOf } from '../request-faults.ts';
import type { LateTask } from './node-transactions.ts';
import { beginTask, type MixerEffect, type MixerEvent, type MixerStep, type MixerTask, stepTask } from './state.ts';

/** What a task run needs of its mixer. */
export interface TaskHost {
  readonly context: RoleContext;
  readonly roots: SigningRoots;
  readonly endpoint: Endpoint;
  readonly mixer: number;
  announce(task: MixerTask): void;
  /** A miner could not be reached or broke off: it is asked later for a while. */
  avoid(miner: number): void;
  /** Makes the finished task durable before its client hears of the end. */
  keep(work: {
    receipt: Receipt;
    evidence: TaskEvidence;
    artifact: Artifact;
    payload: InferencePayload;
  }): Promise<void>;
  /** Takes up the record of a late step. */
  keepLate(late: LateTask): void;
  release(task: MixerTask): void;
}

/** Whose stream a message came by. */
interface From {
  readonly miner: number;
  readonly rank: number;
  readonly attempt: number;
  readonly publicKey: Uint8Array;
  readonly evidenceLevel: number;
}

/** What may wait for a client before it counts as gone: a client that does not read must not hold up a miner. */
const maxOutboxBytes = limits.maxMessageBytes;

/** Drives one task: feeds messages to the pure state machine, one at a time, and performs its effects. */
export class TaskRun {
  readonly finished: Promise<void>;
  readonly #host: TaskHost;
  /** Null for a task that nobody waits for. */
  readonly #gateway: MessageStream | null;
  readonly #payload: InferencePayload;
  #task: MixerTask;
  #queue: Promise<void> = Promise.resolve();
  #miner: MessageStream | null = null;
  #chunk: Chunk | null = null;
  /** What is being sent to the gateway, and its bytes. */
  #outbox: Promise<void> = Promise.resolve();
  #outboxBytes = 0;
  #finish: () => void = () => {};
  #isAbandoned = false;

  constructor(host: TaskHost, task: MixerTask, streams: { gateway: MessageStream | null; payload: InferencePayload }) {
    this.#host = host;
    this.#task = task;
    this.#gateway = streams.gateway;
    this.#payload = streams.payload;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get task(): MixerTask {
    return this.#task;
  }

  begin(): void {
    this.#enqueue(() => this.#apply(beginTask(this.#task)));
  }

  /** Resolves when every effect of the event has been performed. */
  dispatch(event: MixerEvent, chunk: Chunk | null = null): Promise<void> {
    return this.#enqueue(() => {
      this.#chunk = chunk;
      return this.#apply(stepTask(this.#task, event));
    });
  }

  /** Ends at once: the mixer is being stopped. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#host.release(this.#task);
    this.#miner?.abort();
    this.#gateway?.abort();
    this.#finish();
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const unlessOver = () => (this.#isAbandoned ? undefined : work());
    this.#queue = this.#queue.then(unlessOver).catch((error: Error) => {
      this.#host.context.runtime.log(`task failed inside the mixer: ${error.message}`);
      this.abandon();
    });
    return this.#queue;
  }

  async #apply(step: MixerStep): Promise<void> {
    this.#task = step.task;
    for (const effect of step.effects) await this.#perform(effect);
  }

  async #perform(effect: MixerEffect): Promise<void> {
    const { taskId } = this.#task;
    switch (effect.type) {
      case 'prepare':
        return this.#prepare(effect.miner);
      case 'start':
        return this.#toMiner({ kind: 'start', value: { payload: this.#payload } });
      case 'openReveal':
        return this.#toMiner({ kind: 'openReveal', value: { taskId } });
      case 'cancel':
        return this.#toMiner({ kind: 'cancel', value: { taskId } });
      case 'announce':
        return this.#host.announce(this.#task);
      case 'breakOff':
        return this.#miner?.abort();
      case 'avoid':
        return this.#host.avoid(effect.miner);
      case 'forward':
        return this.#forward(effect.firstToken, effect.text);
      case 'late':
        return this.#host.keepLate(effect.late);
      case 'finish':
        return this.#end(effect);
      case 'fail': {
        this.#host.release(this.#task);
        this.#miner?.abort();
        const detail = encodeText(effect.detail).subarray(0, taskFailureBytes);
        this.#toGateway({ kind: 'failure', value: { code: encodeText(effect.code), detail } });
        return this.#closeGateway();
      }
    }
  }

  async #end(effect: MixerEffect & { type: 'finish' }): Promise<void> {
    await this.#host.keep({ ...effect, payload: this.#payload });
    const { finish, tokensIn, tokensOut } = effect.artifact;
    this.#miner?.close();
    this.#toGateway({ kind: 'ended', value: { finish, tokensIn, tokensOut } });
    this.#closeGateway();
  }

  #forward(firstToken: number, text: Uint8Array): void {
    const chunk = this.#chunk;
    if (chunk === null) return;
    const tokens = chunk.tokens.slice(firstToken);
    this.#toGateway({ kind: 'chunk', value: { ...chunk, tokens, text } });
  }

  /** A client that has gone is no reason to stop: what was made is still committed and paid. */
  #toGateway(message: GatewayMessage): void {
    const gateway = this.#gateway;
    if (gateway === null || this.#task.clientLeft) return;
    const bytes = GatewayMessage.serialize(message);
    this.#outboxBytes += bytes.length;
    // §5.18
    if (this.#outboxBytes > maxOutboxBytes) gateway.abort();
    const sent = this.#outbox.then(() => gateway.send(bytes)).catch(() => {});
    this.#outbox = sent.then(() => {
      this.#outboxBytes -= bytes.length;
    });
  }

  /** Ends the run once the client has all of it, or takes nothing more. */
  #closeGateway(): void {
    const gateway = this.#gateway;
    const cancel = this.#host.context.runtime.timer(this.#task.deadlines.stallMs, () => gateway?.abort());
    void this.#outbox.then(() => {
      cancel();
      gateway?.close();
      this.#finish();
    });
  }

  async #toMiner(message: MixerToMiner): Promise<void> {
    await this.#miner?.send(MixerToMiner.serialize(message)).catch(() => {});
  }

  /** Does not wait for the miner: one that is slow to reach must not hold up what else becomes of the task. */
  #prepare(miner: number): void {
    this.#miner?.abort();
    this.#miner = null;
    const { rank, attempt } = this.#task;
    this.#reach(miner, { rank, attempt }).catch(() => this.#lost({ rank, attempt }));
  }

  async #reach(miner: number, { rank, attempt }: Pick<From, 'rank' | 'attempt'>): Promise<void> {
    const row = this.#host.context.engine.ledger.state.miners.get(miner);
    if (row === undefined) throw new Error('not in the ledger');
    const stream = await this.#host.endpoint.open(networkAddress(row), protocols.serve);
    const { request, taskId, terms, state } = this.#task;
    if (this.#isAbandoned || state === 'end' || !this.#isWith({ rank, attempt })) return stream.abort();
    this.#miner = stream;
    const { maxTokensIn, maxTokensOut } = request;
    const { mixer } = this.#host;
    const offer = { taskId, model: terms.model, maxTokensIn, maxTokensOut, mixer };
    await this.#toMiner({ kind: 'prepare', value: offer });
    void this.#listen(stream, { miner, rank, attempt, publicKey: row.publicKey, evidenceLevel: row.evidenceLevel });
  }

  /** Whether the task is still where it was: where miners are few one may have it twice. */
  #isWith({ rank, attempt }: Pick<From, 'rank' | 'attempt'>): boolean {
    return this.#task.rank === rank && this.#task.attempt === attempt;
  }

  #lost(from: Pick<From, 'rank' | 'attempt'>): void {
    void this.#dispatchFor(from, { type: 'lost', nowMs: this.#host.context.runtime.nowMs() });
  }

  /** Drops an event of a miner that no longer has the task. */
  #dispatchFor(from: Pick<From, 'rank' | 'attempt'>, event: MixerEvent, chunk: Chunk | null = null): Promise<void> {
    return this.#enqueue(async () => {
      if (!this.#isWith(from)) return;
      this.#chunk = chunk;
      await this.#apply(stepTask(this.#task, event));
    });
  }

  async #listen(stream: MessageStream, from: From): Promise<void> {
    const progress = { chain: this.#task.taskId, tokens: 0 };
    try {
      while (this.#task.state !== 'end') {
        const message = await receive(stream, MinerToMixer);
        if (message === null) throw new Error('the miner closed the task before its end');
        const { event, chunk } = this.#eventOf(message, from, progress);
        if (event === null) throw new Error('the miner broke the protocol');
        await this.#dispatchFor(from, event, chunk);
        if (event.type === 'refused' || (event.type === 'prepared' && !event.accepted)) return;
      }
    } catch {
      stream.abort();
      this.#lost(from);
    }
  }

  #eventOf(
    message: MinerToMixer,
    from: From,
    progress: { chain: Uint8Array; tokens: number },
  ): { event: MixerEvent | null; chunk: Chunk | null } {
    const nowMs = this.#host.context.runtime.nowMs();
    const only = (event: MixerEvent | null) => ({ event, chunk: null });
    switch (message.kind) {
      case 'prepared':
        return only({ type: 'prepared', accepted: message.value.accepted, nowMs });
      case 'chunk': {
        const chunk = message.value;
        if (!this.#chainHolds(chunk, from.publicKey, progress)) return only(null);
        const piece = { ids: chunk.tokens.map((token) => token.id), text: chunk.text };
        return { event: { type: 'piece', piece, nowMs }, chunk };
      }
      case 'precommit': {
        const { precommit, signature } = message.value;
        const expected = { taskId: this.#task.taskId, miner: from.miner, hash: precommit.hash };
        const root = this.#host.roots.of(messageTypes.precommit, Precommit, expected);
        const signed = this.#host.context.verifier.ed25519(from.publicKey, root, signature);
        return only(signed ? { type: 'precommit', hash: precommit.hash, signature, nowMs } : null);
      }
      case 'reveal': {
        const { artifact, salt } = message.value;
        const artifactRoot = ArtifactType.hashTreeRoot(artifact);
        return only({ type: 'reveal', artifact, artifactRoot, salt, evidenceLevel: from.evidenceLevel, nowMs });
      }
      case 'failure': {
        const code = requestFaultOf(decodeText(message.value.code));
        if (code === null) return only({ type: 'lost', nowMs });
        return only({ type: 'refused', code, detail: decodeText(message.value.detail), nowMs });
      }
    }
  }

  /** §5.5: every piece extends the hash chain, and every 32 tokens the miner has signed it. */
  #chainHolds(chunk: Chunk, publicKey: Uint8Array, progress: { chain: Uint8Array; tokens: number }): boolean {
    const before = progress.tokens;
    progress.chain = sha256(progress.chain, ...chunk.tokens.map((token) => littleEndian(token.id, 4)));
    progress.tokens += chunk.tokens.length;
    const due = Math.floor(progress.tokens / limits.windowTokens) > Math.floor(before / limits.windowTokens);
    if (!due) return true;
    const point = { taskId: this.#task.taskId, tokens: progress.tokens, chain: progress.chain };
    const root = this.#host.roots.of(messageTypes.streamCheckpoint, StreamCheckpoint, point);
    const [signature] = chunk.checkpoint;
    return signature !== undefined && this.#host.context.verifier.ed25519(publicKey, root, signature);
  }
}
