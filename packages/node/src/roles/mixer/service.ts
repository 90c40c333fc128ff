import { committeeOf, drawMiners, type LedgerView } from '@assay/ledger';
import {
  addressText,
  type BodyValues,
  drawIdOf,
  equalBytes,
  GatewayMessage,
  InferencePayload,
  limits,
  messageTypes,
  Presence,
  SignedAnnouncement,
  TaskAnnouncement,
  TaskRequest,
  TaskSubmission,
  ticketSigningRoot,
  toHex,
} from '@assay/protocol';
import type { CommittedBlock, Inclusion } from '../../consensus/port.ts';
import { AssayError } from '../../errors.ts';
import type { Endpoint, MessageStream } from '../../network/port.ts';
import { receive } from '../../network/wire.ts';
import type { Cancel } from '../../runtime/port.ts';
import { networkAddress, protocols, type RoleContext, type RoleService, SigningRoots, topics } from '../context.ts';
import { admit, Reservations, requirePayload } from './admission.ts';
import { Announcements, announcementOf, type Hearing } from './announcements.ts';
import { Artifacts } from './artifacts.ts';
import { AuditLag } from './audit-lag.ts';
import { Batches, type CommitteeSigner } from './batches.ts';
import type { Challenge } from './challenge.ts';
import { blockMsOf, type CheckView } from './check-view.ts';
import { Committee, mayBeTaken, placeOf, presentCommittee } from './committee.ts';
import { Draws } from './draws.ts';
import { type ChallengeAnswer, Measuring, type MeasuringHost } from './measuring.ts';
import { lateKey, ofReceipt, ofTransition, reportKey } from './node-transactions.ts';
import { type MixerTask, newTask } from './state.ts';
import { type TaskHost, TaskRun } from './task-run.ts';
import { TasksInHand } from './tasks-in-hand.ts';
import { Transitions } from './transitions.ts';
import { UsedRequests } from './used-requests.ts';

export interface MixerOptions {
  readonly mixer: number;
  readonly committeeSigner: CommitteeSigner;
  readonly submit: (batch: BodyValues['certifiedBatch']) => Promise<Inclusion>;
  /** Tasks this mixer runs at once; more are answered 429. */
  readonly maxTasks: number;
}

/** How long a miner that broke off is asked only after the others. */
const avoidMs = 30_000;

/** Takes requests, draws their miners, measures, and certifies with the other mixers (A2–A5). */
export class Mixer implements RoleService {
  readonly #context: RoleContext;
  readonly #options: MixerOptions;
  readonly #roots: SigningRoots;
  readonly #committee: Committee;
  readonly #announcements = new Announcements();
  readonly #usedRequests: UsedRequests;
  readonly #artifacts: Artifacts;
  readonly #reservations = new Reservations();
  readonly #inHand = new TasksInHand();
  readonly #auditLag = new AuditLag();
  readonly #draws: Draws;
  readonly #batches: Batches;
  readonly #transitions: Transitions;
  readonly #measuring: Measuring;
  readonly #runs = new Map<string, TaskRun>();
  readonly #avoided = new Map<number, number>();
  #endpoint: Endpoint | null = null;
  #unsubscribe: () => void = () => {};
  #cancelBatch: Cancel | null = null;

  constructor(context: RoleContext, options: MixerOptions) {
    this.#context = context;
    this.#options = options;
    this.#roots = new SigningRoots(context.chain);
    this.#committee = new Committee(options.mixer);
    this.#draws = new Draws(context.store);
    this.#usedRequests = new UsedRequests(context.store);
    this.#artifacts = new Artifacts(context);
    this.#batches = new Batches(context, {
      mixer: options.mixer,
      signer: options.committeeSigner,
      endpoint: () => this.#endpoint,
      view: () => this.#view(),
      submit: options.submit,
      dropped: (key) => this.#reservations.release(key),
    });
    const { mixer } = options;
    this.#transitions = new Transitions(context, this.#roots, { mixer, announcements: this.#announcements });
    this.#measuring = new Measuring(context, this.#roots, {
      mixer,
      signer: options.committeeSigner,
      pending: this.#batches.pending,
      add: (node) => this.#batches.add(node),
      artifactOf: (taskId) => this.#artifacts.of(taskId),
      keepDisputed: (taskId, bundle) => this.#artifacts.keep(taskId, bundle, 1),
      draws: () => this.#drawSource(),
      run: (challenge, endpoint, done) => this.#challenge(challenge, endpoint, done),
    });
  }

  async start(): Promise<void> {
    const { network, engine, signer } = this.#context;
    this.#draws.restore();
    this.#usedRequests.restore();
    this.#draws.update(engine.ledger.state);
    this.#inHand.update(engine.ledger.state);
    this.#hearSeats(engine.ledger.state);
    this.#batches.restore();
    this.#measuring.restore();
    for (const [key, { value }] of this.#batches.pending) {
      if (!('receipt' in value)) continue;
      const { taskId, session, priceUnits } = value.receipt;
      if (engine.ledger.state.taskOf(taskId) !== undefined) this.#batches.drop(key);
      else this.#reservations.hold(key, session, priceUnits);
    }
    const endpoint = await network.join(addressText(signer.address));
    this.#endpoint = endpoint;
    endpoint.handle(protocols.task, (stream) => this.#serveTask(stream, endpoint));
    endpoint.handle(protocols.batch, (stream, from) => this.#batches.answer(stream, from));
    endpoint.handle(protocols.vote, (stream) => this.#transitions.vote(stream));
    endpoint.handle(protocols.order, (stream) => this.#obey(stream));
    endpoint.handle(protocols.artifact, (stream, from) => this.#artifacts.serve(stream, from));
    endpoint.subscribe(topics.tasks, (message, from) => this.#hear(message, from));
    endpoint.subscribe(topics.presence, (message, from) => this.#hearPresence(message, from));
    this.#unsubscribe = engine.onBlock((committed) => this.#onBlock(committed));
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#cancelBatch?.();
    this.#cancelBatch = null;
    for (const run of this.#runs.values()) run.abandon();
    this.#runs.clear();
    this.#endpoint?.leave();
    this.#endpoint = null;
  }

  /** Whether this mixer has a task in hand or waiting for its certificate. */
  holds(taskId: string): boolean {
    return this.#runs.has(taskId) || this.#batches.pending.has(taskId);
  }

  #view(): CheckView {
    const { state } = this.#context.engine.ledger;
    return {
      mixer: this.#options.mixer,
      state,
      roots: this.#roots,
      verifier: this.#context.verifier,
      announcements: this.#announcements,
      usedRequests: this.#usedRequests,
      present: this.#committee.present(state),
      drawTableAt: (height) => this.#draws.at(height, state),
      blockMs: (height) => blockMsOf(this.#context.engine, height),
      nowMs: this.#context.runtime.nowMs(),
    };
  }

  async #serveTask(stream: MessageStream, endpoint: Endpoint): Promise<void> {
    const submission = await receive(stream, TaskSubmission);
    if (submission === null) return stream.close();
    let run: TaskRun;
    try {
      run = this.#admit(submission, { stream, endpoint });
    } catch (error) {
      const code = error instanceof AssayError ? error.code : 'INTERNAL';
      const detail = error instanceof AssayError ? error.detail : '';
      if (code === 'INTERNAL') this.#context.runtime.log(`admission failed: ${(error as Error).message}`);
      const value = { code: new TextEncoder().encode(code), detail: new TextEncoder().encode(detail) };
      await stream.send(GatewayMessage.serialize({ kind: 'failure', value }));
      return stream.close();
    }
    const { task } = run;
    const id = toHex(task.taskId);
    this.#runs.set(id, run);
    const place = { session: task.request.session, model: task.terms.model };
    this.#inHand.begin(place);
    // A client that is gone already is found out by its stream below.
    const admitted = GatewayMessage.serialize({ kind: 'admitted', value: { taskId: task.taskId } });
    await stream.send(admitted).catch(() => {});
    run.begin();
    // The gateway says nothing more; its stream ends or breaks when the client goes.
    stream.messages.next().catch(() => run.dispatch({ type: 'clientLeft', nowMs: this.#context.runtime.nowMs() }));
    await run.finished;
    this.#inHand.end(place);
    this.#runs.delete(id);
  }

  #admit(submission: TaskSubmission, link: { stream: MessageStream; endpoint: Endpoint }): TaskRun {
    const { request, signature, payload } = submission;
    const { state } = this.#context.engine.ledger;
    const nowMs = this.#context.runtime.nowMs();
    if (this.#runs.size >= this.#options.maxTasks) throw new AssayError('TOO_MANY_REQUESTS');
    if (!equalBytes(InferencePayload.hashTreeRoot(payload), request.requestHash)) throw new AssayError('MALFORMED');
    requirePayload(payload, request);
    // §7.1 Only the committee takes tasks, and who is about to leave it takes no more.
    const isServing = this.#place() !== null && state.mixers.at(this.#options.mixer).status === 'active';
    if (!isServing) throw new AssayError('NO_MIXER', 'This mixer is not of the committee.');
    this.#committee.requireQuorum(state);
    this.#auditLag.requireRoom();
    const reservedUnits = this.#reservations.reservedUnits(request.session);
    const { session, terms, maxUnits } = admit(state, request, { reservedUnits, nowMs, isBusy: this.#isBusy() });
    this.#inHand.requireRoom({ session: request.session, model: terms.model });
    const root = this.#roots.of(messageTypes.taskRequest, TaskRequest, request);
    if (!this.#context.verifier.ed25519(session.sessionKey, root, signature)) throw new AssayError('BAD_SIGNATURE');
    // §5 Create: another mixer takes a session over only while its home mixer is silent.
    const isHome = session.homeMixer === this.#options.mixer;
    if (!isHome && this.#committee.isPresent(session.homeMixer, state)) throw new AssayError('NO_MIXER');
    // §6.4 The same for the same request, whenever it is made: there is nothing to choose.
    const ticket = this.#options.committeeSigner.sign(ticketSigningRoot(state.chain, request));
    const taskId = drawIdOf({ ticket });
    const drawHeight = state.globals.height;
    const table = this.#draws.at(drawHeight, state);
    const { domain, payer, dedicatedMiners } = session;
    const { kind, model } = terms;
    const drawn = { taskId, kind, domain, model, payer, dedicatedMiners, drawHeight };
    const draw = table === null ? [] : drawMiners(table, drawn, table.entries.length).map(({ miner }) => miner);
    if (draw.length === 0) throw new AssayError('NO_MINER');
    this.#usedRequests.admit(request, taskId);
    this.#reservations.hold(toHex(taskId), request.session, maxUnits);
    const asked = {
      taskId,
      ticket,
      request,
      requestSignature: signature,
      sampling: payload.sampling,
      terms,
      deadlines: state.params.deadlines,
      maxReassignments: state.params.maxReassignments,
      draw,
      order: this.#order(draw, nowMs),
      drawHeight,
    };
    const task = newTask(asked, nowMs);
    return new TaskRun(this.#host(link.endpoint), task, { gateway: link.stream, payload });
  }

  /** Whether users' tasks are in hand. */
  #isBusy(): boolean {
    return [...this.#runs.values()].some(({ task }) => task.terms.kind === 'user');
  }

  /** §6.2: the first two of the draw are interchangeable; the less loaded one that answers is asked first. */
  #order(draw: readonly number[], nowMs: number): number[] {
    const order = draw.map((_, rank) => rank);
    const [first, second] = draw;
    if (first === undefined || second === undefined) return order;
    const cost = (miner: number) => {
      let tasks = (this.#avoided.get(miner) ?? 0) > nowMs ? this.#options.maxTasks : 0;
      for (const { task } of this.#runs.values()) if (task.draw[task.rank] === miner) tasks++;
      return tasks;
    };
    return cost(second) < cost(first) ? [1, 0, ...order.slice(2)] : order;
  }

  #host(endpoint: Endpoint): TaskHost {
    return {
      context: this.#context,
      roots: this.#roots,
      endpoint,
      mixer: this.#options.mixer,
      announce: (task) => this.#announce(task),
      avoid: (miner) => this.#avoided.set(miner, this.#context.runtime.nowMs() + avoidMs),
      keepLate: (late) => {
        this.#batches.add(ofTransition(late));
        this.#scheduleBatch();
      },
      release: (task) => this.#reservations.release(toHex(task.taskId)),
      keep: async ({ receipt, evidence, artifact, payload }) => {
        this.#batches.add(ofReceipt({ receipt, evidence }));
        this.#usedRequests.keep(evidence.request);
        const reveal = { artifact, salt: evidence.salt, precommitSignature: evidence.precommitSignature };
        const { taskId, session, ticket } = receipt;
        const isKnown = this.#context.engine.ledger.state.sessions.get(session)?.sharesPrompts === true;
        // §8.8 What becomes a known answer may be audited again.
        const epochs = isKnown ? limits.knownEpochs + 1 : 0;
        await this.#artifacts.keep(taskId, { ticket, payload, reveal }, epochs);
        this.#reservations.hold(toHex(taskId), session, receipt.priceUnits);
        this.#scheduleBatch();
      },
    };
  }

  /** A challenge is a task in all but its certificate, so that nobody can tell it from one (§15.3). */
  #challenge(
    { task, payload }: Challenge,
    endpoint: Endpoint,
    done: (answer: ChallengeAnswer) => Promise<void>,
  ): TaskRun {
    const nothing = () => {};
    const host = { ...this.#host(endpoint), keep: done, keepLate: nothing, release: nothing, avoid: nothing };
    const run = new TaskRun(host, task, { gateway: null, payload });
    const id = toHex(task.taskId);
    this.#runs.set(id, run);
    void run.finished.then(() => this.#runs.delete(id));
    return run;
  }

  /** Place of this mixer in the present committee; null while it has none. */
  #place(): number | null {
    const { mixer, committeeSigner } = this.#options;
    const { engine, signer } = this.#context;
    const keys = { publicKey: signer.publicKey, blsPublicKey: committeeSigner.publicKey };
    return placeOf(engine.ledger.state, { mixer, ...keys });
  }

  #drawSource(): ReturnType<MeasuringHost['draws']> {
    const { state } = this.#context.engine.ledger;
    const nowMs = this.#context.runtime.nowMs();
    return { table: this.#draws.at(state.globals.height, state), orderOf: (draw) => this.#order(draw, nowMs), nowMs };
  }

  #scheduleBatch(): void {
    const { runtime, engine } = this.#context;
    this.#cancelBatch ??= runtime.timer(engine.ledger.state.params.batchMs, () => {
      this.#cancelBatch = null;
      void this.#batches.issue();
    });
  }

  #announce(task: MixerTask): void {
    const announcement = announcementOf(task, { mixer: this.#options.mixer, nowMs: this.#context.runtime.nowMs() });
    const root = this.#roots.of(messageTypes.taskState, TaskAnnouncement, announcement);
    const message = { announcement, signature: this.#context.signer.sign(root) };
    this.#announcements.record(message, this.#hearing());
    this.#endpoint?.publish(topics.tasks, SignedAnnouncement.serialize(message));
  }

  #hearing(): Hearing {
    const { state } = this.#context.engine.ledger;
    const { deadlines } = state.params;
    const present = this.#committee.present(state);
    return { nowMs: this.#context.runtime.nowMs(), height: state.globals.height, deadlines, present };
  }

  /** §14.10 Hears those that have a seat, or had one in the epoch before. */
  #hearSeats(state: LedgerView): void {
    const { epoch } = state.globals;
    const seats = [epoch, epoch - 1].flatMap((each) => committeeOf(state, each));
    this.#announcements.hearOnly(seats.map(({ mixer }) => mixer));
  }

  #hear(message: Uint8Array, from: string): void {
    const signed = SignedAnnouncement.deserialize(message);
    const mixer = this.#context.engine.ledger.state.mixers.get(signed.announcement.mixer);
    if (mixer === undefined || networkAddress(mixer) !== from) return;
    this.#announcements.record(signed, this.#hearing());
  }

  #hearPresence(message: Uint8Array, from: string): void {
    const { mixer, height } = Presence.deserialize(message);
    const { mixers, globals } = this.#context.engine.ledger.state;
    const row = mixers.get(mixer);
    if (row === undefined || networkAddress(row) !== from) return;
    this.#committee.heard(mixer, Math.min(height, globals.height + 1));
  }

  async #obey(stream: MessageStream): Promise<void> {
    const order = await this.#transitions.ordered(stream);
    if (order === null) return;
    const { taskId, mixer } = order.request.request;
    const run = mixer === this.#options.mixer ? this.#runs.get(toHex(taskId)) : undefined;
    await run?.dispatch({ type: 'transition', order, nowMs: this.#context.runtime.nowMs() });
  }

  #onBlock(committed: CommittedBlock): void {
    const { state } = this.#context.engine.ledger;
    const { events, height } = committed.result;
    const { timeMs } = committed.block.header;
    this.#hearSeats(state);
    this.#usedRequests.settle({
      isOpen: (turn) => mayBeTaken(state, turn),
      isCertified: (taskId) => state.taskOf(taskId) !== undefined,
    });
    this.#usedRequests.onBlock({ height, timeMs }, this.#context.runtime.nowMs(), state.params.receiptLifetimeBlocks);
    this.#auditLag.note(committed.result, state);
    for (const event of events) {
      if (event.type === 'taskCertified') this.#batches.drop(toHex(event.taskId));
      if (event.type === 'taskLate') this.#batches.drop(lateKey(event));
      if (event.type === 'minerMeasured' && event.mixer === this.#options.mixer) this.#batches.drop(reportKey(event));
    }
    // Once for a block, however many register in it: each is a pass over all miners.
    if (events.some(({ type }) => type === 'minerRegistered' || type === 'powersSet')) {
      this.#draws.update(state);
      this.#inHand.update(state);
    }
    if (this.#endpoint !== null && this.#place() !== null) this.#measuring.onBlock(committed.result, this.#endpoint);
    this.#endpoint?.publish(topics.presence, Presence.serialize({ mixer: this.#options.mixer, height }));
    if (height % presentCommittee(state).length === this.#place()) void this.#batches.issue();
    else if (this.#batches.hasTasks) this.#scheduleBatch();
  }
}
