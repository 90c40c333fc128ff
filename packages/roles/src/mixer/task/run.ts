import {
  type Chunk,
  detailOf,
  GatewayMessage,
  type InferencePayload,
  limits,
  MinerToMixer,
  MixerToMiner,
  type Ref,
} from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { protocols, type RoleContext } from '../../context.ts';
import { type Endpoint, type MessageStream, peerIdOf } from '../../ports/network.ts';
import { receive } from '../../ports/wire.ts';
import type { Ground } from '../ground.ts';
import type { TaskStep } from '../part-messages.ts';
import type { Reservations } from './admission.ts';
import { type From, MinerReader } from './messages.ts';
import { beginTask, type MixerEffect, type MixerEvent, type MixerStep, type MixerTask, stepTask } from './state.ts';

/** What a task run is given of its mixer. */
export interface RunSurroundings {
  readonly ground: Ground;
  readonly endpoint: Endpoint;
  readonly reservations: Reservations;
}

function stepOf({ taskId, state, attempt, rank, draw, deadlineMs }: MixerTask): TaskStep {
  return { taskId, state, attempt, rank, miner: draw[rank] ?? 0, deadlineMs };
}

/** What may wait for a client before it counts as gone: a client that does not read must not hold up a miner. */
const maxOutboxBytes = limits.maxMessageBytes;

/** Drives one task: feeds messages to the pure state machine, one at a time, and performs its effects. */
export class TaskRun {
  readonly finished: Promise<void>;
  readonly #ground: Ground;
  readonly #context: RoleContext;
  readonly #endpoint: Endpoint;
  readonly #reservations: Reservations;
  /** Nobody waits for it: a task in all but its certificate, so that nobody can tell it from one (§15.3). */
  readonly #isChallenge: boolean;
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

  constructor(
    { ground, endpoint, reservations }: RunSurroundings,
    task: MixerTask,
    streams: { gateway: MessageStream | null; payload: InferencePayload },
  ) {
    this.#ground = ground;
    this.#context = ground.context;
    this.#endpoint = endpoint;
    this.#reservations = reservations;
    this.#task = task;
    this.#isChallenge = streams.gateway === null;
    this.#gateway = streams.gateway;
    this.#payload = streams.payload;
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get task(): MixerTask {
    return this.#task;
  }

  get miner(): number {
    return this.#task.draw[this.#task.rank] ?? 0;
  }

  get id(): string {
    return toHex(this.#task.taskId);
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
    this.#release();
    this.#miner?.abort();
    this.#gateway?.abort();
    this.#finish();
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const unlessOver = () => (this.#isAbandoned ? undefined : work());
    this.#queue = this.#queue.then(unlessOver).catch((error: Error) => {
      this.#context.runtime.log(`task failed inside the mixer: ${error.message}`);
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
        return this.#ground.emit({ type: 'stepped', step: stepOf(this.#task) });
      case 'breakOff':
        return this.#miner?.abort();
      case 'avoid':
        if (!this.#isChallenge) this.#ground.turns.avoid(effect.miner, this.#context.runtime.nowMs());
        return;
      case 'forward':
        return this.#forward(effect.firstToken, effect.text);
      case 'late':
        if (!this.#isChallenge) this.#ground.emit({ type: 'late', late: effect.late });
        return;
      case 'finish':
        return this.#end(effect);
      case 'fail': {
        this.#release();
        this.#miner?.abort();
        const { code, detail } = effect;
        this.#toGateway({ kind: 'failure', value: { code, detail: detailOf(detail), retryAfterMs: 0 } });
        return this.#closeGateway();
      }
    }
  }

  async #end(effect: MixerEffect & { type: 'finish' }): Promise<void> {
    if (this.#isChallenge) this.#ground.emit({ type: 'answered', answer: effect });
    else await this.#keep(effect);
    const { finish, tokensIn, tokensOut } = effect.artifact;
    this.#miner?.close();
    this.#toGateway({ kind: 'ended', value: { finish, tokensIn, tokensOut } });
    this.#closeGateway();
  }

  /** Makes the finished task durable before its client hears of the end. */
  async #keep({ receipt, evidence, artifact }: MixerEffect & { type: 'finish' }): Promise<void> {
    const { artifacts, requestDedup, emit } = this.#ground;
    const { chain, store } = this.#context;
    const { session, ticket } = receipt;
    const reveal = { artifact, salt: evidence.salt, precommitSignature: evidence.precommitSignature };
    const isKnown = chain.head().sessions.get(session)?.sharesPrompts === true;
    // §8.8 What becomes a known answer may be audited again.
    const epochs = isKnown ? limits.knownEpochs + 1 : 0;
    artifacts.put(receipt.taskId, { ticket, payload: this.#payload, reveal }, epochs);
    requestDedup.keep(evidence.request);
    emit({ type: 'finished', finished: { receipt, evidence } });
    await store.flushed();
    this.#reservations.hold(this.id, session, receipt.priceUnits);
  }

  #release(): void {
    if (!this.#isChallenge) this.#reservations.release(this.id);
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
    const cancel = this.#context.runtime.timer(this.#task.deadlines.stallMs, () => gateway?.abort());
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
  #prepare(miner: Ref<'miners'>): void {
    this.#miner?.abort();
    this.#miner = null;
    const { rank, attempt } = this.#task;
    this.#reach(miner, { rank, attempt }).catch(() => this.#lost({ rank, attempt }));
  }

  async #reach(miner: Ref<'miners'>, { rank, attempt }: Pick<From, 'rank' | 'attempt'>): Promise<void> {
    const row = this.#context.chain.head().miners.get(miner);
    if (row === undefined) throw new Error('not in the ledger');
    const stream = await this.#endpoint.open(peerIdOf(row), protocols.serve);
    const { request, taskId, terms, state } = this.#task;
    if (this.#isAbandoned || state === 'end' || !this.#isWith({ rank, attempt })) return stream.abort();
    this.#miner = stream;
    const { maxTokensIn, maxTokensOut } = request;
    const { mixer } = this.#ground;
    const offer = { taskId, model: terms.model, maxTokensIn, maxTokensOut, mixer };
    await this.#toMiner({ kind: 'prepare', value: offer });
    void this.#listen(stream, { miner, rank, attempt, publicKey: row.publicKey, evidenceLevel: row.evidenceLevel });
  }

  /** Whether the task is still where it was: where miners are few one may have it twice. */
  #isWith({ rank, attempt }: Pick<From, 'rank' | 'attempt'>): boolean {
    return this.#task.rank === rank && this.#task.attempt === attempt;
  }

  #lost(from: Pick<From, 'rank' | 'attempt'>): void {
    void this.#dispatchFor(from, { type: 'lost', nowMs: this.#context.runtime.nowMs() });
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
    const reader = new MinerReader(this.#ground, this.#task.taskId, from);
    try {
      while (this.#task.state !== 'end') {
        const message = await receive(stream, MinerToMixer);
        if (message === null) throw new Error('the miner closed the task before its end');
        const { event, chunk, offence } = reader.read(message);
        if (offence !== null) this.#ground.emit({ type: 'offence', offence });
        if (event === null) throw new Error('the miner broke the protocol');
        await this.#dispatchFor(from, event, chunk);
        if (event.type === 'refused' || (event.type === 'prepared' && !event.accepted)) return;
      }
    } catch {
      stream.abort();
      this.#lost(from);
    }
  }
}
