import { batchSigningRoot, challengeSigningRoot, isQuorum, type LedgerView, revealSigningRoot } from '@assay/ledger';
import {
  type Attestation,
  type BatchHeader,
  BatchOffer,
  BatchReply,
  BitArray,
  type BodyValues,
  batchRoots,
  CertifiedBatch,
  type CommitteeSeat,
  type LedgerEvent,
  type MeasuredMiner,
  type Ref,
} from '@assay/protocol';
import { equalBytes, toHex } from '@assay/ssz';
import { protocols, type RoleContext } from '../../context.ts';
import type { Inclusion } from '../../ports/chain.ts';
import { type Endpoint, peerIdOf } from '../../ports/network.ts';
import type { Cancel } from '../../ports/runtime.ts';
import { answerMs, ask } from '../../ports/wire.ts';
import {
  contentsOf,
  type FinishedTask,
  isReported,
  keyOfAttestation,
  type LateTask,
  lateKey,
  ofReceipt,
  ofReport,
  ofTransition,
  reportKey,
} from '../attestations.ts';
import { presentCommittee } from '../committee.ts';
import { type Ground, ownSeat } from '../ground.ts';
import { checkBatch, fitting, type Turn } from './check.ts';
import { checkViewOf } from './check-view.ts';
import { Answers, type Refusal, type Refused } from './contested.ts';
import { OfferJudge } from './judge.ts';

type Reply = { readonly mixer: Ref<'mixers'>; readonly signature: Uint8Array } | Refusal;

/** Blocks from the replies to an offer to the one that holds the batch, with slow ways. */
const inclusionBlocks = 2;
const certifiedKey = 'certified';
/** Refusals of which the log tells for one attestation. */
const mostReasons = 8;

/** Gathers finished and late tasks, has the committee check and sign them (§7.2). */
export class Batches {
  readonly #ground: Ground;
  readonly #context: RoleContext;
  /** Sends a certified batch to the chain. */
  readonly #submit: (batch: BodyValues['certifiedBatch']) => Promise<Inclusion>;
  readonly #judge: OfferJudge;
  #endpoint: Endpoint | null = null;
  #cancelIssue: Cancel | null = null;
  #issuing = false;

  constructor(ground: Ground, submit: (batch: BodyValues['certifiedBatch']) => Promise<Inclusion>) {
    this.#ground = ground;
    this.#context = ground.context;
    this.#submit = submit;
    this.#judge = new OfferJudge(ground);
  }

  /** Takes up what an earlier run left uncertified. */
  restore(): void {
    const { context, pending, emit } = this.#ground;
    pending.restore();
    for (const [key, { kind, value }] of pending.all) {
      if (kind !== 'receipt') continue;
      const { receipt } = value;
      if (context.chain.head().taskOf(receipt.taskId) !== undefined) this.#drop(key);
      else emit({ type: 'waiting', receipt });
    }
  }

  start(endpoint: Endpoint): void {
    this.#endpoint = endpoint;
    this.#judge.start(endpoint);
  }

  stop(): void {
    this.#endpoint = null;
    this.#cancelIssue?.();
    this.#cancelIssue = null;
  }

  /** A late step goes out soon. */
  takeLate(late: LateTask): void {
    this.#ground.pending.add(ofTransition(late));
    this.#schedule();
  }

  /** A finished task goes out as soon as it is durable. */
  takeFinished(finished: FinishedTask): void {
    const { context, pending } = this.#ground;
    pending.add(ofReceipt(finished));
    // Who finished it waits for the same, and says what went wrong.
    context.store.flushed().then(
      () => this.#schedule(),
      () => {},
    );
  }

  /** A report goes with the next batch, which is soon when no turn is left for it (§14.1.1). */
  takeReport(measured: MeasuredMiner): void {
    this.#ground.pending.add(ofReport(measured));
    if (this.#isLastCall()) this.#schedule();
  }

  /** Forgets what a block certified. */
  forget(events: readonly LedgerEvent[]): void {
    for (const event of events) {
      if (event.type === 'taskCertified') this.#drop(toHex(event.taskId));
      if (event.type === 'taskLate') this.#drop(lateKey(event));
      if (event.type === 'minerMeasured' && event.mixer === this.#ground.mixer) this.#drop(reportKey(event));
    }
  }

  /** After a block: issues in this mixer's turn, and soon where tasks wait. */
  advance(height: number): void {
    const head = this.#context.chain.head();
    if (height % presentCommittee(head).length === ownSeat(this.#ground, head)) void this.#issue();
    else if (this.#ground.pending.hasTasks(height) || this.#isLastCall()) this.#schedule();
  }

  /** Whether reports wait that would be too late with the batch of this mixer's next turn (§14.1.1). */
  #isLastCall(): boolean {
    const head = this.#context.chain.head();
    const seat = ownSeat(this.#ground, head);
    if (seat === null || !this.#ground.pending.hasReports) return false;
    const { epochBlocks, blockTimeMs } = head.params;
    const certificateBlocks = Math.ceil(answerMs / blockTimeMs) + inclusionBlocks;
    return turnAfter(head, seat) + certificateBlocks >= (head.globals.epoch + 1) * epochBlocks;
  }

  #schedule(): void {
    const { runtime, chain } = this.#context;
    this.#cancelIssue ??= runtime.timer(chain.head().params.batchMs, () => {
      this.#cancelIssue = null;
      void this.#issue();
    });
  }

  #drop(key: string): void {
    if (this.#ground.pending.drop(key)) this.#ground.emit({ type: 'dropped', key });
  }

  /** Offers a batch, empty if nothing waits: the beacon needs a reveal in every turn (§9.1). */
  async #issue(): Promise<void> {
    const endpoint = this.#endpoint;
    if (this.#issuing || endpoint === null) return;
    const { runtime } = this.#context;
    this.#issuing = true;
    try {
      const batch = await this.#certify(endpoint);
      if (batch === null) return;
      const { code } = await this.#submit(batch);
      if (code !== 'OK') runtime.log(`batch ${batch.certificate.header.sequence} was refused: ${code}`);
    } catch (error) {
      runtime.log(`no batch: ${(error as Error).message}`);
    } finally {
      this.#issuing = false;
    }
  }

  async #certify(endpoint: Endpoint): Promise<BodyValues['certifiedBatch'] | null> {
    const { mixer, committeeSigner: signer } = this.#ground;
    const { chain } = this.#context;
    const head = chain.head();
    const seats = presentCommittee(head);
    const row = head.mixers.get(mixer);
    if (row === undefined) return null;
    const turn = { epoch: head.globals.epoch, sequence: row.nextSequence };
    const kept = this.#kept(turn);
    if (kept !== null) return kept;
    const reveal = signer.sign(revealSigningRoot(chain.identity, turn));
    let attestations = this.#valid({ ...turn, mixer });
    const answers = new Answers(attestations, seats.length);
    for (let tries = 0; tries < seats.length; tries++) {
      if (ownSeat(this.#ground, chain.head()) === null) return null;
      const header: BatchHeader = { ...turn, mixer, ...batchRoots(contentsOf(attestations)), reveal };
      const replies = await this.#gather(endpoint, seats, { header, attestations });
      const signatures = new Map<number, Uint8Array>();
      const refusals: Refusal[] = [];
      for (const reply of replies) {
        if ('signature' in reply) signatures.set(reply.mixer, reply.signature);
        else refusals.push(this.#believed(reply, attestations));
      }
      if (isQuorum(signatures.size + 1, seats.length)) {
        // With reports it would be refused whole: what else is in it goes with the next (§8.1.2).
        const hasReports = contentsOf(attestations).records.reports.length > 0;
        if (hasReports && chain.head().globals.epoch !== turn.epoch) return null;
        signatures.set(mixer, signer.sign(this.#headerRoot(header)));
        return this.#keep(this.#assemble(seats, { header, attestations, signatures }));
      }
      const refused = answers.hear(attestations, new Set(signatures.keys()), refusals);
      for (const each of refused) this.#postpone(each);
      const offered = answers.next();
      if (offered.length === attestations.length && offered.every((each) => attestations.includes(each))) return null;
      attestations = offered;
    }
    return null;
  }

  /** A refusal with the times that count. */
  #believed(refusal: Refusal, attestations: readonly Attestation[]): Refusal {
    const { pending } = this.#ground;
    const slower = refusal.slower.filter(({ index }) => pending.isBelieved(refusal.mixer, attestations[index]));
    return { ...refusal, slower };
  }

  /** §14.12 Who refused it may have been behind: it is offered again until it is too old. */
  #postpone({ attestation, reasons, said }: Refused): void {
    const { chain, runtime } = this.#context;
    const againAt = this.#ground.pending.postpone(attestation, chain.head().globals.height, said);
    const why = reasons.slice(0, mostReasons).join('; ');
    runtime.log(`${nameOf(attestation)} is offered again at block ${againAt}: ${why}`);
  }

  /** §7.4: two headers of one turn would be an offence, so the first one signed is sent until it is taken. */
  #kept({ epoch, sequence }: Pick<BatchHeader, 'epoch' | 'sequence'>): BodyValues['certifiedBatch'] | null {
    const bytes = this.#context.store.get(certifiedKey);
    if (bytes === undefined) return null;
    const batch = CertifiedBatch.deserialize(bytes);
    const { header } = batch.certificate;
    return header.epoch === epoch && header.sequence === sequence ? batch : null;
  }

  /** Remembers what this mixer signed before anybody sees it. */
  async #keep(batch: BodyValues['certifiedBatch'] | null): Promise<BodyValues['certifiedBatch'] | null> {
    if (batch === null) return null;
    this.#context.store.put(certifiedKey, CertifiedBatch.serialize(batch));
    await this.#context.store.flushed();
    return batch;
  }

  /** As much of what waits as one batch holds. */
  #waiting(): Attestation[] {
    return fitting(this.#ground.pending.due(this.#context.chain.head().globals.height));
  }

  /**
   * §14.1.1 Lets go the reports of another epoch than that of a batch, which nobody takes any more, and those that were
   * certified while this mixer was down.
   */
  #dropSpent({ epoch, mixer }: Turn): void {
    const { pending, committeeSigner, context } = this.#ground;
    if (!pending.hasReports) return;
    const { chain } = context;
    const reveal = committeeSigner.sign(challengeSigningRoot(chain.identity, epoch));
    for (const [key, { kind, value }] of pending.all) {
      if (kind !== 'report') continue;
      const { report } = value;
      const isOld = !equalBytes(report.reveal, reveal);
      if (isOld || isReported(chain.head(), { ...report, mixer, epoch })) this.#drop(key);
    }
  }

  /** What waits and still passes this mixer's own check; the rest is discarded. */
  #valid(turn: Turn): Attestation[] {
    this.#dropSpent(turn);
    const waiting = this.#waiting();
    const flaws = new Map(
      checkBatch(checkViewOf(this.#ground), turn, waiting).map(({ index, reason }) => [index, reason]),
    );
    for (const [index, reason] of flaws) this.#discard(waiting[index], reason);
    return waiting.filter((_, index) => !flaws.has(index));
  }

  #discard(attestation: Attestation | undefined, reason: string): void {
    if (attestation === undefined) return;
    this.#context.runtime.log(`${nameOf(attestation)} discarded: ${reason}`);
    this.#drop(keyOfAttestation(attestation));
  }

  /** What the other seats say: all of them, or of those that sign more than two thirds, and who is not much later. */
  async #gather(endpoint: Endpoint, seats: readonly CommitteeSeat[], offer: BatchOffer): Promise<Reply[]> {
    const { runtime, chain } = this.#context;
    const bytes = BatchOffer.serialize(offer);
    const root = this.#headerRoot(offer.header);
    const replies: Reply[] = [];
    const startedMs = runtime.monotonicMs();
    const enough = Promise.withResolvers<void>();
    const waits: Cancel[] = [];
    let signed = 1;
    const asks = seats.map(async (seat) => {
      const reply = seat.mixer === this.#ground.mixer ? null : await this.#askSeat(endpoint, seat, bytes);
      if (reply === null) return;
      if ('signature' in reply && !this.#context.verifier.bls([seat.blsPublicKey], root, reply.signature)) return;
      replies.push(reply);
      if ('signature' in reply) signed += 1;
      if (!isQuorum(signed, seats.length) || waits.length > 0) return;
      // §14.1.2
      const waitMs = runtime.monotonicMs() - startedMs + chain.head().params.batchMs;
      waits.push(runtime.timer(waitMs, enough.resolve));
    });
    await Promise.race([Promise.all(asks), enough.promise]);
    for (const cancel of waits) cancel();
    return [...replies];
  }

  /** What one seat says to an offer, unchecked; null when it says nothing that it may. */
  async #askSeat(endpoint: Endpoint, { mixer }: CommitteeSeat, offer: Uint8Array): Promise<Reply | null> {
    const { runtime, chain } = this.#context;
    try {
      const stream = await endpoint.open(peerIdOf(chain.head().mixers.at(mixer)), protocols.batch);
      const reply = await ask(runtime, stream, offer, BatchReply);
      return reply?.value.mixer === mixer ? reply.value : null;
    } catch {
      return null;
    }
  }

  #headerRoot(header: BatchHeader): Uint8Array {
    return batchSigningRoot(this.#context.chain.identity, header);
  }

  /** A certificate of those who signed; null when a signature is malformed. */
  #assemble(
    seats: readonly CommitteeSeat[],
    { header, attestations, signatures }: BatchOffer & { signatures: Map<number, Uint8Array> },
  ): BodyValues['certifiedBatch'] | null {
    const bits = seats.map(({ mixer }) => signatures.has(mixer));
    const signature = this.#context.crypto.aggregateBls([...signatures.values()]);
    if (signature === null) return null;
    return { certificate: { header, signers: BitArray.fromBoolArray(bits), signature }, ...contentsOf(attestations) };
  }
}

/** As the log names it. */
function nameOf(attestation: Attestation): string {
  const key = keyOfAttestation(attestation);
  return attestation.kind === 'report' ? key : `task ${key.slice(0, 8)}`;
}

/** Height of the next block after which it is the turn of a place of the committee (§14.1). */
function turnAfter(state: LedgerView, place: number): number {
  const { height } = state.globals;
  const seats = presentCommittee(state).length;
  return height + 1 + ((((place - height - 1) % seats) + seats) % seats);
}
