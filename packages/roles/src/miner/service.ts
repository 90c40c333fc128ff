import { committeeOf, MAX_RESULTS_OWED, namesEngine } from '@assay/ledger';
import {
  type Artifact,
  Artifact as ArtifactType,
  AssayError,
  type Chunk,
  type Deadlines,
  detailOf,
  InferencePayload,
  type LedgerEvent,
  limits,
  MinerToMixer,
  MixerToMiner,
  type ModelRow,
  messageTypes,
  outputIds,
  Precommit,
  type PrecommitOpening,
  PrecommitOpening as PrecommitOpeningType,
  precommitHash,
  type Ref,
  StreamCheckpoint,
} from '@assay/protocol';
import { equalBytes, littleEndian, sha256, toHex } from '@assay/ssz';
import { structureFlaw } from '../audit/structure.ts';
import { structureReference } from '../audit/structure-reference.ts';
import { protocols, type RoleContext, type RoleService, SigningRoots } from '../context.ts';
import { type Endpoint, type MessageStream, type PeerId, peerIdOf } from '../ports/network.ts';
import { answerMs, inTime, receive } from '../ports/wire.ts';
import { Generation } from './artifact.ts';
import { ProbedLink } from './link-probe.ts';
import { type Prepare, streamToken } from './messages.ts';
import { type Plant, Plants, type PlantsOptions } from './plants.ts';
import { generateAgain } from './retry.ts';
import { Slots } from './slots.ts';
import type { Worker, WorkerEvent } from './worker.ts';

/** What this machine offers; it must be what the miner registered (§3.2). */
export interface MinerOptions {
  readonly worker: Worker;
  readonly concurrency: number;
  readonly plants: PlantsOptions;
}

/** How much longer than a deadline a mixer may take that has a batch to check meanwhile. */
const toleranceMs = 2000;

interface Task {
  readonly prepare: Prepare;
  readonly payload: InferencePayload;
  readonly miner: Ref<'miners'>;
  readonly model: ModelRow;
}

/** Executes the tasks it is drawn for and commits to their artifacts (§5). */
export class Miner implements RoleService {
  readonly #context: RoleContext;
  readonly #options: MinerOptions;
  readonly #roots: SigningRoots;
  #endpoint: Endpoint | null = null;
  #unsubscribe: () => void = () => {};
  readonly #slots: Slots;
  readonly #plants: Plants;

  constructor(context: RoleContext, options: MinerOptions) {
    this.#context = context;
    this.#options = options;
    this.#roots = new SigningRoots(context.chain.identity);
    this.#slots = new Slots(context.runtime, options.concurrency);
    this.#plants = new Plants(context, options.plants);
  }

  async start(): Promise<void> {
    this.#endpoint = await this.#context.network.join(this.#context.signer);
    this.#endpoint.handle(protocols.serve, (stream, from) => this.#serve(stream, from));
    const link = new ProbedLink(this.#context, this.#roots, () => this.index());
    const soon = (stream: MessageStream, work: Promise<void>) => inTime(this.#context.runtime, stream, answerMs, work);
    this.#endpoint.handle(protocols.ping, (stream, from) => soon(stream, link.answerPings(stream, from)));
    this.#endpoint.handle(protocols.data, (stream, from) => soon(stream, link.sendData(stream, from)));
    this.#plants.restore();
    this.#unsubscribe = this.#context.chain.onBlock(({ result }) => {
      this.#warn(result.events);
      void this.#plants.advance();
    });
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#endpoint?.leave();
    this.#endpoint = null;
  }

  /** Tells the operator what only it can do something about (§10.13, §10.16). */
  #warn(events: readonly LedgerEvent[]): void {
    for (const event of events) {
      if (event.type === 'minerUnchecked' && event.miner === this.index()) {
        this.#context.runtime.log(
          `no validator runs the engine of miner ${event.miner}: the answer is not paid, and ${event.resultsOwed} ` +
            `results are owed; at ${MAX_RESULTS_OWED} it gets no more tasks. Register another engine with updateMiner.`,
        );
      }
      if (event.type === 'minerHeld' && event.miner === this.index()) {
        const { case: number, isFrozen } = event;
        const state = isFrozen ? 'its audits are in doubt, so it works on' : 'it gets no work until then';
        this.#context.runtime.log(
          `case ${number} decides whether this miner is ejected; ${state}. ` +
            `\`assay case show ${number}\` says why, and what its owner can do.`,
        );
      }
    }
  }

  /** Index of this miner in the ledger; null while it is not registered. */
  index(): Ref<'miners'> | null {
    const state = this.#context.chain.head();
    const { publicKey } = this.#context.signer;
    const index = state.roleOf('miner', publicKey);
    // §3.5 A new key is known before it holds.
    return index !== undefined && equalBytes(state.miners.at(index).publicKey, publicKey) ? index : null;
  }

  async #serve(stream: MessageStream, from: PeerId): Promise<void> {
    const first = await receive(stream, MixerToMiner);
    if (first === null || first.kind !== 'prepare') return stream.abort();
    const prepare = first.value;
    const miner = this.index();
    const seats = this.#seatsOf(prepare.mixer, from);
    const refusal = seats === 0 ? 'not of a mixer with a seat' : this.#refusal(prepare, miner);
    if (refusal !== null || miner === null) return this.#reply(stream, refusal);
    if (!(await this.#slots.take(prepare.mixer, seats))) return this.#reply(stream, 'busy');
    try {
      await this.#reply(stream, null);
      await this.#work(stream, prepare, miner);
    } finally {
      this.#slots.release(prepare.mixer);
    }
  }

  /** §5.23 Seats of the committee in which the mixer that calls has one, this epoch's or the last one's; 0 of none. */
  #seatsOf(mixer: Ref<'mixers'>, from: PeerId): number {
    const state = this.#context.chain.head();
    const row = state.mixers.get(mixer);
    if (row === undefined || peerIdOf(row) !== from) return 0;
    const { epoch } = state.globals;
    const committees = [epoch, epoch - 1].map((each) => committeeOf(state, each));
    return committees.find((seats) => seats.some((seat) => seat.mixer === mixer))?.length ?? 0;
  }

  /** §5.23 How long the mixer may take for a step. */
  #limitMs(step: keyof Deadlines): number {
    return this.#context.chain.head().params.deadlines[step] + toleranceMs;
  }

  #refusal(prepare: Prepare, miner: Ref<'miners'> | null): string | null {
    const row = miner === null ? undefined : this.#context.chain.head().miners.get(miner);
    if (row === undefined) return 'not registered';
    if (row.status === 'held') return 'held by a case about its ejection';
    if (row.status !== 'active') return 'not active';
    if (!row.models.includes(prepare.model)) return 'does not serve this model';
    if (!namesEngine(row, this.#options.worker.engine, false)) return 'runs another engine than it registered'; // §3.8
    return null;
  }

  async #work(stream: MessageStream, prepare: Prepare, miner: Ref<'miners'>): Promise<void> {
    const { runtime } = this.#context;
    const start = await inTime(runtime, stream, this.#limitMs('prepareMs'), receive(stream, MixerToMiner));
    if (start === null || start.kind !== 'start') return stream.abort();
    const { payload } = start.value;
    const cancelled = new AbortController();
    const revealAsked = this.#listen(stream, cancelled);
    try {
      const model = this.#context.chain.head().models.get(prepare.model);
      if (model === undefined) throw new AssayError('UNKNOWN_MODEL');
      const artifact = await this.#answer(stream, { prepare, payload, miner, model }, cancelled.signal);
      // A salt of its own for each stream: who has the same task twice contradicts nothing (§5.1.3).
      const sealed = {
        artifactRoot: ArtifactType.hashTreeRoot(artifact),
        salt: runtime.random('salts').bytes(32),
        requestHash: InferencePayload.hashTreeRoot(payload),
        model: prepare.model,
      };
      const precommit = { taskId: prepare.taskId, miner, hash: precommitHash(sealed) };
      const signature = this.#context.signer.sign(this.#roots.of(messageTypes.precommit, Precommit, precommit));
      await this.#send(stream, { kind: 'precommit', value: { precommit, signature } }, this.#limitMs('stallMs'));
      // §5.1: the artifact is opened only when the mixer asks for it.
      await inTime(runtime, stream, this.#limitMs('commitMs'), revealAsked);
      await this.#open(stream, artifact, { precommit, ...sealed });
    } catch (error) {
      const code = error instanceof AssayError ? error.code : 'INTERNAL';
      this.#context.runtime.log(
        `task ${toHex(prepare.taskId).slice(0, 8)} failed at the miner: ${(error as Error).message}`,
      );
      await this.#send(stream, {
        kind: 'failure',
        value: {
          code,
          detail: detailOf(error instanceof AssayError ? error.detail : ''),
        },
      });
    }
    stream.close();
  }

  async #open(stream: MessageStream, artifact: Artifact, sealed: Omit<PrecommitOpening, 'epoch'>): Promise<void> {
    const { chain, signer } = this.#context;
    const opening = { ...sealed, epoch: chain.head().globals.epoch };
    const signature = signer.sign(this.#roots.of(messageTypes.opening, PrecommitOpeningType, opening));
    await this.#send(stream, { kind: 'reveal', value: { artifact, opening, signature } });
  }

  /** Resolves when the mixer asks for the reveal; rejects when it is gone. */
  #listen(stream: MessageStream, cancelled: AbortController): Promise<void> {
    const asked = (async () => {
      for (;;) {
        const message: MixerToMiner | null = await receive(stream, MixerToMiner);
        if (message === null) throw new Error('the mixer closed the task before its reveal');
        if (message.kind === 'cancel') cancelled.abort();
        if (message.kind === 'openReveal') return;
      }
    })();
    asked.catch(() => cancelled.abort());
    return asked;
  }

  /** An artifact that may be signed; now and then one whose numbers test its auditors (§14.13). */
  async #answer(stream: MessageStream, task: Task, signal: AbortSignal): Promise<Artifact> {
    // Of tokens by its own chance a server cannot make numbers under which the seed draws them (verification §1.7).
    const isSeeded = this.#options.worker.engine.sampler === 'seeded';
    const plant = isSeeded ? this.#plants.begin(task.miner, task.payload) : null;
    const artifact = await this.#generate(stream, { ...task, plant }, signal);
    await this.#requireSound(artifact, task.payload, task.model);
    if (plant !== null) await this.#plants.keep(plant, artifact);
    return artifact;
  }

  async #generate(
    stream: MessageStream,
    { prepare, payload, miner, model, plant }: Task & { readonly plant: Plant | null },
    signal: AbortSignal,
  ): Promise<Artifact> {
    const { runtime } = this.#context;
    const startedMs = runtime.monotonicMs();
    const run = new Generation();
    let chain: Uint8Array = prepare.taskId;
    let firstTokenMs = 0;
    for await (const given of generateAgain(this.#options.worker, { payload, bounds: prepare }, signal)) {
      if (given.type === 'tokens') this.#plants.observe(given.tokens);
      const event = plant === null ? given : disguised(given, plant);
      if (!run.hasBegun) firstTokenMs = runtime.monotonicMs() - startedMs;
      const before = run.tokens.length;
      run.add(event);
      const tokens = event.type === 'tokens' ? event.tokens : [];
      if (event.type === 'begin' || (tokens.length === 0 && event.text.length === 0)) continue;
      chain = sha256(chain, ...tokens.map((token) => littleEndian(token.id, 4)));
      const due = Math.floor(run.tokens.length / limits.windowTokens) > Math.floor(before / limits.windowTokens);
      const point = { taskId: prepare.taskId, tokens: run.tokens.length, chain };
      const root = this.#roots.of(messageTypes.streamCheckpoint, StreamCheckpoint, point);
      const chunk: Chunk = {
        tokens: tokens.map((token) => streamToken(token, payload.topLogprobs)),
        text: event.text,
        chain,
        checkpoint: due ? [this.#context.signer.sign(root)] : [],
      };
      await this.#send(stream, { kind: 'chunk', value: chunk }, this.#limitMs('stallMs'));
    }
    const { engine, contextTokens } = this.#options.worker;
    return run.artifact({
      taskId: prepare.taskId,
      miner,
      fileHash: model.fileHash,
      engine,
      contextTokens,
      seal: plant?.seal ?? runtime.random('seals').bytes(32),
      sampling: payload.sampling,
      firstTokenMs,
      totalMs: runtime.monotonicMs() - startedMs,
    });
  }

  /** verification §1.5 What an auditor would find malformed is a failure of this node: it is never signed. */
  async #requireSound(artifact: Artifact, payload: InferencePayload, registered: ModelRow): Promise<void> {
    const { model } = this.#options.worker;
    if (model === null) return;
    const { contextTokens } = registered;
    const asked = { payload, outputIds: outputIds(artifact), contextTokens };
    const flaw = structureFlaw(artifact, await structureReference(model, asked));
    if (flaw !== null) throw new AssayError('BACKEND_FAILED', `Its answer would be malformed: ${flaw}.`);
  }

  /** Waits for a mixer that reads slowly, and no longer than `limitMs`. */
  #send(stream: MessageStream, message: MinerToMixer, limitMs = answerMs): Promise<void> {
    return inTime(this.#context.runtime, stream, limitMs, stream.send(MinerToMixer.serialize(message)));
  }

  /** Says whether the task is taken, or why not (§5.4). */
  async #reply(stream: MessageStream, refusal: string | null): Promise<void> {
    const reason = detailOf(refusal ?? '');
    await this.#send(stream, { kind: 'prepared', value: { accepted: refusal === null, reason } });
    if (refusal !== null) stream.close();
  }
}

function disguised(event: WorkerEvent, plant: Plant): WorkerEvent {
  return event.type === 'tokens' ? { ...event, tokens: event.tokens.map((token) => plant.disguise(token)) } : event;
}
