import { batchSigningRoot, isQuorum, type LedgerView, revealSigningRoot } from '@assay/ledger';
import {
  type BatchHeader,
  BatchHeader as BatchHeaderType,
  BatchOffer,
  BatchReply,
  BitArray,
  type BodyValues,
  batchRoots,
  CertifiedBatch,
  type CommitteeSeat,
  limits,
  type NodeTransaction,
  NodeTransaction as NodeTransactionType,
} from '@assay/protocol';
import type { Inclusion } from '../../consensus/port.ts';
import { aggregateBls } from '../../crypto/verifier.ts';
import type { Endpoint, MessageStream } from '../../network/port.ts';
import { ask, receive } from '../../network/wire.ts';
import { decodeText } from '../../utf8.ts';
import { networkAddress, protocols, type RoleContext } from '../context.ts';
import { checkBatch, claimsOf, type Turn } from './check.ts';
import type { CheckView } from './check-view.ts';
import { placeOf, presentCommittee } from './committee.ts';
import { contentsOf, keyOfNode } from './node-transactions.ts';

/** Signs for the committee. */
export interface CommitteeSigner {
  readonly publicKey: Uint8Array;
  sign(root: Uint8Array): Uint8Array;
}

export interface BatchesOptions {
  readonly mixer: number;
  readonly signer: CommitteeSigner;
  readonly endpoint: () => Endpoint | null;
  readonly view: () => CheckView;
  /** Sends a certified batch to the chain. */
  readonly submit: (batch: BodyValues['certifiedBatch']) => Promise<Inclusion>;
  /** A node transaction no longer waits: it is on the chain, or was discarded. */
  readonly dropped: (key: string) => void;
}

/** A mixer's answer to an offer that it does not sign, with the places that it finds invalid. */
interface Refusal {
  readonly mixer: number;
  readonly invalid: readonly number[];
  readonly reason: Uint8Array;
}

/** Most receipts offered at once: checking one takes 1.5 ms, mostly its ticket, and must end within `answerMs`. */
const maxOfferedReceipts = 800;
const certifiedKey = 'certified';
const pendingKey = (key: string) => `pending/${key}`;

/** Gathers finished and late tasks, has the committee check and sign them, and signs what others offer (§7.2). */
export class Batches {
  readonly #context: RoleContext;
  readonly #options: BatchesOptions;
  readonly #pending = new Map<string, NodeTransaction>();
  #issuing = false;

  constructor(context: RoleContext, options: BatchesOptions) {
    this.#context = context;
    this.#options = options;
  }

  get pending(): ReadonlyMap<string, NodeTransaction> {
    return this.#pending;
  }

  /** Whether tasks wait: somebody's money is held for them. Reports go with the next batch (§14.1). */
  get hasTasks(): boolean {
    return [...this.#pending.values()].some(({ value }) => !('report' in value));
  }

  /** Takes up what an earlier run left uncertified. */
  restore(): void {
    for (const { key, value } of this.#context.store.entries('pending/')) {
      this.#pending.set(key.slice('pending/'.length), NodeTransactionType.deserialize(value));
    }
  }

  add(node: NodeTransaction): void {
    const key = keyOfNode(node);
    this.#pending.set(key, node);
    this.#context.store.put(pendingKey(key), NodeTransactionType.serialize(node));
  }

  /** Forgets what is on the chain, or can never be. */
  drop(key: string): void {
    if (!this.#pending.delete(key)) return;
    this.#context.store.delete(pendingKey(key));
    this.#options.dropped(key);
  }

  /** Offers a batch, empty if nothing waits: the beacon needs a reveal in every turn (§9.1). */
  async issue(): Promise<void> {
    const endpoint = this.#options.endpoint();
    if (this.#issuing || endpoint === null) return;
    this.#issuing = true;
    try {
      const batch = await this.#certify(endpoint);
      if (batch === null) return;
      const { code } = await this.#options.submit(batch);
      if (code !== 'OK') this.#context.runtime.log(`batch ${batch.certificate.header.sequence} was refused: ${code}`);
    } catch (error) {
      this.#context.runtime.log(`no batch: ${(error as Error).message}`);
    } finally {
      this.#issuing = false;
    }
  }

  async #certify(endpoint: Endpoint): Promise<BodyValues['certifiedBatch'] | null> {
    const { mixer, signer } = this.#options;
    const { state } = this.#context.engine.ledger;
    const seats = presentCommittee(state);
    const row = state.mixers.get(mixer);
    if (row === undefined) return null;
    const turn = { epoch: state.globals.epoch, sequence: row.nextSequence };
    const kept = this.#kept(turn);
    if (kept !== null) return kept;
    const reveal = signer.sign(revealSigningRoot(state.chain, turn));
    let nodes = this.#valid({ ...turn, mixer });
    for (let tries = 0; tries < seats.length; tries++) {
      if (!this.#isSeated(state)) return null;
      const header: BatchHeader = { ...turn, mixer, ...batchRoots(contentsOf(nodes)), reveal };
      const replies = await this.#gather(endpoint, seats, { header, nodes });
      const signatures = new Map<number, Uint8Array>();
      const refusals: Refusal[] = [];
      for (const reply of replies) {
        if (reply.kind === 'signature') signatures.set(reply.value.mixer, reply.value.signature);
        else refusals.push(reply.value);
      }
      if (isQuorum(signatures.size + 1, seats.length)) {
        signatures.set(mixer, signer.sign(this.#headerRoot(header)));
        return this.#keep(assemble(seats, { header, nodes, signatures }));
      }
      const left = this.#uncontested(nodes, refusals, seats.length);
      if (left.length === nodes.length) return null;
      nodes = left;
    }
    return null;
  }

  /**
   * §14.12 What nobody finds invalid, to be offered again. What so many do that no quorum is left for it is discarded;
   * the rest, which a liar may have named, waits for the next batch.
   */
  #uncontested(nodes: readonly NodeTransaction[], refusals: readonly Refusal[], seats: number): NodeTransaction[] {
    return nodes.filter((node, place) => {
      const against = refusals.filter(({ invalid }) => invalid.includes(place));
      const reasons = against.map(({ reason }) => decodeText(reason));
      if (!isQuorum(seats - against.length, seats)) this.#discard(node, reasons);
      return against.length === 0;
    });
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
  #waiting(): NodeTransaction[] {
    const room = {
      receipt: maxOfferedReceipts,
      transition: limits.maxBatchTransitions,
      report: limits.maxBatchReports,
    };
    const fits = [...this.#pending.values()].filter(({ kind }) => room[kind]-- > 0);
    return fits.slice(0, limits.maxBatchReceipts);
  }

  /** What waits and still passes this mixer's own check; the rest is discarded. */
  #valid(turn: Turn): NodeTransaction[] {
    const waiting = this.#waiting();
    const flaws = new Map(checkBatch(this.#options.view(), turn, waiting).map(({ place, reason }) => [place, reason]));
    for (const [place, reason] of flaws) this.#discard(waiting[place], [reason]);
    return waiting.filter((_, place) => !flaws.has(place));
  }

  #discard(node: NodeTransaction | undefined, reasons: readonly string[]): void {
    if (node === undefined) return;
    const key = keyOfNode(node);
    const name = node.kind === 'report' ? key : `task ${key.slice(0, 8)}`;
    this.#context.runtime.log(`${name} discarded: ${[...new Set(reasons)].join('; ')}`);
    this.drop(key);
  }

  async #gather(endpoint: Endpoint, seats: readonly CommitteeSeat[], offer: BatchOffer): Promise<BatchReply[]> {
    const { mixers } = this.#context.engine.ledger.state;
    const root = this.#headerRoot(offer.header);
    const asks = seats.map(async (seat) => {
      if (seat.mixer === this.#options.mixer) return [];
      try {
        const stream = await endpoint.open(networkAddress(mixers.at(seat.mixer)), protocols.batch);
        const reply = await ask(this.#context.runtime, stream, [BatchOffer, offer], BatchReply);
        if (reply?.value.mixer !== seat.mixer) return [];
        const isSigned = (signature: Uint8Array) => this.#context.verifier.bls([seat.blsPublicKey], root, signature);
        return reply.kind === 'signature' && !isSigned(reply.value.signature) ? [] : [reply];
      } catch {
        return [];
      }
    });
    return (await Promise.all(asks)).flat();
  }

  /** §7.1 Whether this mixer, with its keys, is of the present committee. */
  #isSeated(state: LedgerView): boolean {
    const { mixer, signer } = this.#options;
    const { publicKey } = this.#context.signer;
    return placeOf(state, { mixer, publicKey, blsPublicKey: signer.publicKey }) !== null;
  }

  /** Answers another mixer's offer: signs it whole, or says what in it is invalid and why (A4). */
  async answer(stream: MessageStream, from: string): Promise<void> {
    const offer = await receive(stream, BatchOffer);
    if (offer === null) return stream.close();
    const reply = this.#judge(offer, from);
    // §5.22 What this mixer signs as used is durable before its signature leaves.
    await this.#context.store.flushed();
    await stream.send(BatchReply.serialize(reply));
    stream.close();
  }

  #judge(offer: BatchOffer, from: string): BatchReply {
    const { mixer, signer } = this.#options;
    const { state } = this.#context.engine.ledger;
    const refuse = (reason: string, invalid: number[] = []): BatchReply => ({
      kind: 'refusal',
      value: { mixer, invalid, reason: new TextEncoder().encode(reason) },
    });
    const { header, nodes } = offer;
    const issuer = state.mixers.get(header.mixer);
    const seat = presentCommittee(state).find((each) => each.mixer === header.mixer);
    if (issuer === undefined || networkAddress(issuer) !== from) return refuse('not the issuer of this batch');
    if (seat === undefined || !this.#isSeated(state)) return refuse('not in the committee');
    if (header.epoch !== state.globals.epoch || header.sequence !== issuer.nextSequence) return refuse('not its turn');
    const turnRoot = revealSigningRoot(state.chain, header);
    if (!this.#context.verifier.bls([seat.blsPublicKey], turnRoot, header.reveal)) return refuse('wrong reveal');
    const signed = { ...header, ...batchRoots(contentsOf(nodes)) };
    if (!BatchHeaderType.equals(signed, header)) return refuse('wrong root of receipts or records');
    const flaws = checkBatch(this.#options.view(), header, nodes);
    if (flaws.length > 0) {
      const reasons = [...new Set(flaws.map(({ reason }) => reason))].join('; ').slice(0, 500);
      return refuse(
        reasons,
        flaws.map(({ place }) => place),
      );
    }
    this.#options.view().usedRequests.take(claimsOf(nodes), header);
    return { kind: 'signature', value: { mixer, signature: signer.sign(this.#headerRoot(header)) } };
  }

  #headerRoot(header: BatchHeader): Uint8Array {
    return batchSigningRoot(this.#context.chain, header);
  }
}

/** A certificate of those who signed; null when a signature is malformed. */
function assemble(
  seats: readonly CommitteeSeat[],
  { header, nodes, signatures }: BatchOffer & { signatures: Map<number, Uint8Array> },
): BodyValues['certifiedBatch'] | null {
  const bits = seats.map(({ mixer }) => signatures.has(mixer));
  const signature = aggregateBls([...signatures.values()]);
  if (signature === null) return null;
  return { certificate: { header, signers: BitArray.fromBoolArray(bits), signature }, ...contentsOf(nodes) };
}
