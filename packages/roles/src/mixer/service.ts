import { type BodyValues, messageTypes, Presence, type Ref, SignedPresence } from '@assay/protocol';
import { protocols, type RoleContext, type RoleService, SigningRoots, topics } from '../context.ts';
import { Offences } from '../offences.ts';
import type { CommittedBlock, Inclusion } from '../ports/chain.ts';
import { type Endpoint, type PeerId, peerIdOf } from '../ports/network.ts';
import { heard } from '../ports/wire.ts';
import { rememberingVerifier } from '../remembering-verifier.ts';
import { Announcements } from './announcements.ts';
import { Artifacts } from './artifacts.ts';
import { Batches } from './batch/service.ts';
import { Committee, mayBeTaken } from './committee.ts';
import { type DrawTables, drawsAnew } from './draw-tables.ts';
import { type CommitteeSigner, type Ground, ownSeat } from './ground.ts';
import { Measuring } from './measure/service.ts';
import { MinerTurns } from './miner-turns.ts';
import type { PartMessage } from './part-messages.ts';
import { Pending } from './pending.ts';
import { RequestDedup } from './request-dedup.ts';
import { type QueueView, Tasks } from './task/service.ts';
import { Transitions } from './transition/service.ts';

/** Three of each of the receipts that the seats of a large committee offer. */
const rememberedSignatures = 65_536;

export interface MixerOptions {
  readonly mixer: Ref<'mixers'>;
  readonly committeeSigner: CommitteeSigner;
  readonly drawTables: DrawTables;
  readonly submit: (batch: BodyValues['certifiedBatch']) => Promise<Inclusion>;
  readonly report: (evidence: BodyValues['evidence']) => Promise<Inclusion>;
  /** Tasks this mixer runs at once; more are answered 429. */
  readonly maxTasks: number;
}

/** Takes requests, draws their miners, measures, and certifies with the other mixers (A2–A5): four parts, joined. */
export class Mixer implements RoleService {
  readonly #context: RoleContext;
  readonly #ground: Ground;
  readonly #tasks: Tasks;
  readonly #batches: Batches;
  readonly #measuring: Measuring;
  readonly #transitions: Transitions;
  readonly #offences: Offences;
  #endpoint: Endpoint | null = null;
  #unsubscribe: () => void = () => {};

  constructor(context: RoleContext, { mixer, committeeSigner, drawTables, submit, report, maxTasks }: MixerOptions) {
    const { chain, store, verifier } = context;
    this.#context = context;
    this.#ground = {
      context,
      offers: rememberingVerifier(verifier, rememberedSignatures),
      roots: new SigningRoots(chain.identity),
      mixer,
      committeeSigner,
      committee: new Committee(mixer),
      announcements: new Announcements(),
      turns: new MinerTurns(maxTasks),
      requestDedup: new RequestDedup(store),
      drawTables,
      pending: new Pending(store),
      artifacts: new Artifacts(context),
      emit: (message) => this.#hand(message),
    };
    this.#tasks = new Tasks(this.#ground, maxTasks);
    this.#batches = new Batches(this.#ground, submit);
    this.#measuring = new Measuring(this.#ground);
    this.#transitions = new Transitions(this.#ground);
    this.#offences = new Offences(context, { submit: report, validator: null });
  }

  async start(): Promise<void> {
    const { network, chain, signer } = this.#context;
    const { requestDedup, artifacts } = this.#ground;
    requestDedup.restore();
    this.#transitions.hearSeats();
    this.#batches.restore();
    this.#measuring.restore();
    const endpoint = await network.join(signer);
    this.#endpoint = endpoint;
    for (const part of [this.#tasks, this.#batches, this.#transitions]) part.start(endpoint);
    endpoint.handle(protocols.artifact, (stream, from) => artifacts.serve(stream, from));
    endpoint.subscribe(topics.presence, (message, from) => this.#hearPresence(message, from));
    this.#unsubscribe = chain.onBlock((committed) => this.#onBlock(committed));
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    for (const part of [this.#batches, this.#tasks, this.#transitions]) part.stop();
    this.#endpoint?.leave();
    this.#endpoint = null;
  }

  /** Whether this mixer has a task in hand or waiting for its certificate. */
  holds(taskId: string): boolean {
    return this.#tasks.has(taskId) || this.#ground.pending.all.has(taskId);
  }

  queue(domain: Ref<'domains'>, models: readonly Ref<'models'>[]): QueueView {
    return this.#tasks.queue(domain, models);
  }

  #hand(message: PartMessage): void {
    switch (message.type) {
      case 'stepped':
        this.#transitions.announce(message.step);
        break;
      case 'late':
        this.#batches.takeLate(message.late);
        break;
      case 'finished':
        this.#batches.takeFinished(message.finished);
        break;
      case 'measured':
        this.#batches.takeReport(message.measured);
        break;
      case 'answered':
        this.#measuring.hear(message.answer);
        break;
      case 'challengeEnded':
        this.#measuring.end(message.taskId);
        break;
      case 'offence':
        this.#offences.hear(message.offence);
        break;
      case 'waiting':
        this.#tasks.hold(message.receipt);
        break;
      case 'dropped':
        this.#tasks.release(message.key);
        break;
      case 'challenge':
        void this.#tasks.challenge(message.challenge);
        break;
      case 'ordered':
        this.#tasks.obey(message.order);
        break;
      case 'stuck':
        this.#tasks.giveUp(message.taskId);
        break;
    }
  }

  #hearPresence(message: Uint8Array, from: PeerId): void {
    const { presence, signature } = heard(message, SignedPresence);
    const { chain, verifier } = this.#context;
    const { committee, roots } = this.#ground;
    const { mixers, globals } = chain.head();
    const row = mixers.get(presence.mixer);
    if (row === undefined || peerIdOf(row) !== from || !committee.isNews(presence)) return;
    const root = roots.of(messageTypes.presence, Presence, presence);
    if (!verifier.ed25519(row.publicKey, root, signature)) return;
    committee.heard(presence.mixer, { said: presence.height, known: globals.height });
  }

  #onBlock({ result, block }: CommittedBlock): void {
    const { mixer } = this.#ground;
    const head = this.#context.chain.head();
    const { events, height } = result;
    this.#transitions.hearSeats();
    this.#settleRequests(height, block.header.timeMs);
    this.#tasks.onBlock(result);
    this.#batches.forget(events);
    if (drawsAnew(events)) this.#tasks.countSlots();
    const isSeated = ownSeat(this.#ground, head) !== null;
    if (this.#endpoint !== null && isSeated) this.#measuring.onBlock(result, this.#endpoint);
    // §14.2
    if (!this.#context.chain.isCurrent()) return;
    void this.#offences.advance();
    this.#sayPresence({ mixer, height });
    this.#batches.advance(height);
  }

  #sayPresence(presence: Presence): void {
    const signature = this.#context.signer.sign(this.#ground.roots.of(messageTypes.presence, Presence, presence));
    this.#endpoint?.publish(topics.presence, SignedPresence.serialize({ presence, signature }));
  }

  #settleRequests(height: number, timeMs: number): void {
    const { requestDedup } = this.#ground;
    const head = this.#context.chain.head();
    requestDedup.settle({
      isOpen: (turn) => mayBeTaken(head, turn),
      isCertified: (taskId) => head.taskOf(taskId) !== undefined,
    });
    requestDedup.onBlock({ height, timeMs }, this.#context.runtime.nowMs(), head.params.receiptLifetimeBlocks);
  }
}
