import { batchSigningRoot, revealSigningRoot } from '@assay/ledger';
import { BatchHeader, BatchOffer, BatchReply, batchRoots, detailOf, type LeastTimes } from '@assay/protocol';
import { protocols } from '../../context.ts';
import { type Endpoint, type MessageStream, type PeerId, peerIdOf } from '../../ports/network.ts';
import { receive } from '../../ports/wire.ts';
import { contentsOf } from '../attestations.ts';
import { presentCommittee } from '../committee.ts';
import { type Ground, ownSeat } from '../ground.ts';
import { checkBatch, claimsOf, fitting } from './check.ts';
import { slowerThanNamed } from './check-time.ts';
import { checkViewOf } from './check-view.ts';
import { OfferQueue } from './offer-queue.ts';

/** Answers what other mixers offer: signs it whole, or says what in it is invalid and why (§7.2). */
export class OfferJudge {
  readonly #ground: Ground;
  readonly #queue: OfferQueue;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#queue = new OfferQueue(ground.context.runtime);
  }

  start(endpoint: Endpoint): void {
    endpoint.handle(protocols.batch, (stream, from) => this.#answer(stream, from));
  }

  async #answer(stream: MessageStream, from: PeerId): Promise<void> {
    const offer = await receive(stream, BatchOffer);
    if (offer === null) return stream.close();
    const reply = await this.#reply(offer, from);
    // §5.22 What this mixer signs as used is durable before its signature leaves.
    await this.#ground.context.store.flushed();
    await stream.send(BatchReply.serialize(reply));
    stream.close();
  }

  /** §14.1.3 What an issuer did not send itself takes no place of its own. */
  async #reply(offer: BatchOffer, from: PeerId): Promise<BatchReply> {
    const { mixers, globals } = this.#ground.context.chain.head();
    const issuer = mixers.get(offer.header.mixer);
    if (issuer === undefined || peerIdOf(issuer) !== from) return this.#refusal('not the issuer of this batch');
    const isTurn = await this.#queue.turn(offer, globals.epoch);
    return isTurn ? this.#judge(offer) : this.#refusal('a newer offer of this mixer is here');
  }

  #refusal(reason: string, invalid: number[] = [], slower: LeastTimes[] = []): BatchReply {
    return { kind: 'refusal', value: { mixer: this.#ground.mixer, invalid, slower, reason: detailOf(reason) } };
  }

  #judge({ header, attestations }: BatchOffer): BatchReply {
    const { mixer, committeeSigner: signer, context, requestDedup } = this.#ground;
    const state = context.chain.head();
    const seat = presentCommittee(state).find((each) => each.mixer === header.mixer);
    if (seat === undefined || ownSeat(this.#ground, state) === null) return this.#refusal('not in the committee');
    if (fitting(attestations).length < attestations.length) return this.#refusal('more than may be offered at once');
    if (header.epoch !== state.globals.epoch || header.sequence !== state.mixers.get(header.mixer)?.nextSequence)
      return this.#refusal('not its turn');
    const turnRoot = revealSigningRoot(state.chain, header);
    if (!context.verifier.bls([seat.blsPublicKey], turnRoot, header.reveal)) return this.#refusal('wrong reveal');
    const signed = { ...header, ...batchRoots(contentsOf(attestations)) };
    if (!BatchHeader.equals(signed, header)) return this.#refusal('wrong root of receipts or records');
    const view = checkViewOf(this.#ground);
    const flaws = checkBatch(view, header, attestations);
    if (flaws.length > 0) {
      const places = flaws.map(({ index }) => index);
      const slower = slowerThanNamed(view.announcements, header.mixer, { attestations, places });
      return this.#refusal([...new Set(flaws.map(({ reason }) => reason))].join('; '), places, slower);
    }
    requestDedup.take(claimsOf(attestations), header);
    return { kind: 'signature', value: { mixer, signature: signer.sign(batchSigningRoot(state.chain, header)) } };
  }
}
