import { type DrawRequest, type DrawTable, drawMiners, eligibleMiners, type LedgerView } from '@assay/ledger';
import {
  AssayError,
  detailOf,
  drawIdOf,
  GatewayMessage,
  InferencePayload,
  messageTypes,
  type Receipt,
  type Ref,
  TaskRequest,
  TaskSubmission,
  type TransitionOrder,
  ticketSigningRoot,
} from '@assay/protocol';
import { equalBytes, toHex } from '@assay/ssz';
import { protocols, type RoleContext } from '../../context.ts';
import type { CommittedBlock } from '../../ports/chain.ts';
import type { Endpoint, MessageStream } from '../../ports/network.ts';
import { receive } from '../../ports/wire.ts';
import { mostAsked } from '../draw-tables.ts';
import { type Ground, ownSeat } from '../ground.ts';
import type { Challenge } from '../part-messages.ts';
import { admit, payloadBytes, Reservations, requirePayload } from './admission.ts';
import { AuditLag } from './audit-lag.ts';
import { challengeTask } from './challenge.ts';
import { Line, type LineView } from './line.ts';
import { TaskRun } from './run.ts';
import { newTask } from './state.ts';

/** The queue of a domain at one mixer, to be shown (§5.25). */
export type QueueView = LineView & { readonly mixer: Ref<'mixers'> };

/** Admits tasks, draws their miners, and runs them to their end: those of users and the mixer's own challenges (§5). */
export class Tasks {
  readonly #ground: Ground;
  readonly #context: RoleContext;
  /** Tasks at once; more are answered 429. */
  readonly #maxTasks: number;
  readonly #reservations = new Reservations();
  readonly #line: Line;
  readonly #auditLag = new AuditLag();
  readonly #runs = new Map<string, TaskRun>();
  #endpoint: Endpoint | null = null;

  constructor(ground: Ground, maxTasks: number) {
    this.#ground = ground;
    this.#context = ground.context;
    this.#maxTasks = maxTasks;
    this.#line = new Line(ground.context, () => this.#isBusy());
  }

  start(endpoint: Endpoint): void {
    this.#endpoint = endpoint;
    this.countSlots();
    endpoint.handle(protocols.task, (stream) => this.#serve(stream, endpoint));
  }

  stop(): void {
    this.#endpoint = null;
    this.#line.stop();
    for (const run of this.#runs.values()) run.abandon();
    this.#runs.clear();
  }

  has(taskId: string): boolean {
    return this.#runs.has(taskId);
  }

  /** Reads again what the miners can do at once. */
  countSlots(): void {
    this.#line.update();
  }

  onBlock(result: CommittedBlock['result']): void {
    this.#auditLag.note(result, this.#context.chain.head());
  }

  /** Reserves the price of a task that has no certificate yet. */
  hold({ taskId, session, priceUnits }: Receipt): void {
    this.#reservations.hold(toHex(taskId), session, priceUnits);
  }

  /** Frees what was reserved for a task, if anything was. */
  release(key: string): void {
    this.#reservations.release(key);
  }

  /** What waits for miners of these models of a domain, and what is in hand. */
  queue(domain: Ref<'domains'>, models: readonly Ref<'models'>[]): QueueView {
    return { mixer: this.#ground.mixer, ...this.#line.view(domain, models) };
  }

  /** Runs a challenge like any task; says when it is over, or that this mixer is stopped. */
  async challenge(challenge: Challenge): Promise<void> {
    const { chain, runtime } = this.#context;
    const { payload, taskId } = challenge;
    if (this.#endpoint !== null) {
      const task = challengeTask(challenge, chain.head(), runtime.nowMs());
      const run = new TaskRun(this.#surroundings(this.#endpoint), task, { gateway: null, payload });
      const over = this.#follow(run);
      run.begin();
      await over;
    }
    this.#ground.emit({ type: 'challengeEnded', taskId });
  }

  /** Takes a task from its miner where its step is still the one that was voted on. */
  obey(order: TransitionOrder): void {
    const run = this.#runs.get(toHex(order.request.request.taskId));
    void run?.dispatch({ type: 'transition', order, nowMs: this.#context.runtime.nowMs() });
  }

  giveUp(taskId: Uint8Array): void {
    void this.#runs.get(toHex(taskId))?.dispatch({ type: 'stuck' });
  }

  async #serve(stream: MessageStream, endpoint: Endpoint): Promise<void> {
    const submission = await receive(stream, TaskSubmission);
    if (submission === null) return stream.close();
    // The gateway says nothing more; its stream ends or breaks when the client goes.
    const left = stream.messages.next().then(
      () => new Promise<never>(() => {}),
      () => 'left' as const,
    );
    try {
      const { asked } = this.#examine(submission);
      if (!(await this.#line.take(asked, stream, left))) return;
      const { runtime } = this.#context;
      const begunMs = runtime.monotonicMs();
      let tookMs: number | null = null;
      try {
        await this.#run(submission, { stream, endpoint, left });
        tookMs = runtime.monotonicMs() - begunMs;
      } finally {
        this.#line.end(asked, tookMs);
      }
    } catch (error) {
      const { code, detail, retryAfterMs } = error instanceof AssayError ? error : new AssayError('INTERNAL');
      if (code === 'INTERNAL') this.#context.runtime.log(`admission failed: ${(error as Error).message}`);
      const value = { code, detail: detailOf(detail), retryAfterMs };
      await stream.send(GatewayMessage.serialize({ kind: 'failure', value })).catch(() => {});
      stream.close();
    }
  }

  async #run(
    submission: TaskSubmission,
    { stream, endpoint, left }: { stream: MessageStream; endpoint: Endpoint; left: Promise<'left'> },
  ): Promise<void> {
    const run = this.#admit(submission, { stream, endpoint });
    const over = this.#follow(run);
    const admitted = GatewayMessage.serialize({ kind: 'admitted', value: { taskId: run.task.taskId } });
    // A client that is gone already is found out by its stream, and one that reads nothing is not waited for.
    void stream.send(admitted).catch(() => {});
    run.begin();
    void left.then(() => run.dispatch({ type: 'clientLeft', nowMs: this.#context.runtime.nowMs() }));
    await over;
  }

  /** Keeps a run in hand until it is over. */
  async #follow(run: TaskRun): Promise<void> {
    this.#runs.set(run.id, run);
    this.#ground.turns.begin(run.id, run);
    await run.finished;
    this.#runs.delete(run.id);
    this.#ground.turns.end(run.id);
  }

  /** What a request is for, and whose. Throws AssayError where it cannot be served now, whoever waits. */
  #examine({ request, signature, payload }: TaskSubmission) {
    const { mixer, roots, committee, drawTables, requestDedup } = this.#ground;
    const state = this.#context.chain.head();
    const nowMs = this.#context.runtime.nowMs();
    if (this.#runs.size >= this.#maxTasks) throw new AssayError('TOO_MANY_REQUESTS');
    if (!equalBytes(InferencePayload.hashTreeRoot(payload), request.requestHash)) throw new AssayError('MALFORMED');
    requirePayload(payload, request);
    // Who was told of it could fill its payer's part of the queue with it.
    requestDedup.requireUnused(request);
    // §7.1 Only the committee takes tasks, and who is about to leave it takes no more.
    const isServing = ownSeat(this.#ground, state) !== null && state.mixers.at(mixer).status === 'active';
    if (!isServing) throw new AssayError('NO_MIXER', 'This mixer is not of the committee.');
    if (committee.isBehind(state)) throw new AssayError('NO_MIXER', 'This mixer is behind the chain.');
    committee.requireQuorum(state);
    this.#auditLag.requireRoom();
    const reservedUnits = this.#reservations.reservedUnits(request.session);
    const drawHeight = state.globals.height;
    const table = drawTables.at(drawHeight, state);
    const told = { reservedUnits, nowMs, isTest: isTest(table, state, request) };
    const { session, terms, maxUnits } = admit(state, request, told);
    const root = roots.of(messageTypes.taskRequest, TaskRequest, request);
    if (!this.#context.verifier.ed25519(session.sessionKey, root, signature)) throw new AssayError('BAD_SIGNATURE');
    // §5 Create: another mixer takes a session over only while its home mixer is silent.
    const isHome = session.homeMixer === mixer;
    if (!isHome && committee.isPresent(session.homeMixer, state)) throw new AssayError('NO_MIXER');
    const { domain, payer, dedicatedMiners } = session;
    const turn = { payer: toHex(payer), isBackground: terms.kind === 'background', bytes: payloadBytes(payload) };
    const asked = { domain, model: terms.model, miners: dedicatedMiners, ...turn };
    return { state, nowMs, session, terms, maxUnits, asked, table, drawHeight };
  }

  #admit(submission: TaskSubmission, link: { stream: MessageStream; endpoint: Endpoint }): TaskRun {
    const { request, signature, payload } = submission;
    const { committeeSigner, requestDedup, turns } = this.#ground;
    const { state, nowMs, session, terms, maxUnits, table, drawHeight } = this.#examine(submission);
    // §6.4 The same for the same request, whenever it is made: there is nothing to choose.
    const ticket = committeeSigner.sign(ticketSigningRoot(state.chain, request));
    const taskId = drawIdOf({ ticket });
    const { domain, payer, dedicatedMiners } = session;
    const { kind, model } = terms;
    const { maxTokensIn, maxTokensOut } = request;
    const bounds = { maxTokensIn, maxTokensOut };
    const drawn = { ...bounds, taskId, kind, domain, model, payer, dedicatedMiners, drawHeight };
    const draw = table === null ? [] : drawMiners(table, drawn, mostAsked).map(({ miner }) => miner);
    if (draw.length === 0) throw new AssayError('NO_MINER', whyNobody(table, drawn));
    requestDedup.admit(request, taskId);
    this.#reservations.hold(toHex(taskId), request.session, maxUnits);
    const { deadlines, maxReassignments } = state.params;
    const task = {
      taskId,
      ticket,
      request,
      requestSignature: signature,
      sampling: payload.sampling,
      terms,
      deadlines,
      maxReassignments,
      draw,
      order: turns.order(draw, nowMs),
      drawHeight,
    };
    return new TaskRun(this.#surroundings(link.endpoint), newTask(task, nowMs), { gateway: link.stream, payload });
  }

  /** Whether users' tasks are in hand. */
  #isBusy(): boolean {
    return [...this.#runs.values()].some(({ task }) => task.terms.kind === 'user');
  }

  #surroundings(endpoint: Endpoint) {
    return { ground: this.#ground, endpoint, reservations: this.#reservations };
  }
}

/** §4.12.1 Whether a task of the network's own tests a new miner: while there is one below the level of users. */
function isTest(table: DrawTable | null, { sessions, globals }: LedgerView, request: TaskRequest): boolean {
  const session = sessions.get(request.session);
  if (session === undefined || !session.isBackground || table === null) return false;
  const drawHeight = globals.height;
  return eligibleMiners(table, { ...request, ...session, kind: 'challenge', drawHeight }).length > 0;
}

/** §4.12.1 Where the miners that there are still have to be tested, that is why nobody was drawn. */
function whyNobody(table: DrawTable | null, drawn: Omit<DrawRequest, 'taskId'>): string {
  const tested = table === null ? [] : eligibleMiners(table, { ...drawn, kind: 'challenge' });
  const [first] = tested;
  if (drawn.kind !== 'user' || first === undefined) return '';
  const count = tested.length === 1 ? '1 miner stands' : `${tested.length} miners stand`;
  return `None has passed the network's tests: ${count} below level ${first.userLevel}, from which users get miners.`;
}
