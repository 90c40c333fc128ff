import { isQuorum } from '@assay/ledger';
import {
  messageTypes,
  SignedTransition,
  TransitionOrder,
  type TransitionRequest,
  TransitionRequest as TransitionRequestType,
  TransitionVote,
} from '@assay/protocol';
import type { MessageStream } from '../../network/port.ts';
import { receive } from '../../network/wire.ts';
import { isAnnouncedByMixer, type RoleContext, type SigningRoots } from '../context.ts';
import type { Announcements } from './announcements.ts';
import { presentCommittee } from './committee.ts';

/** How a mixer votes on an oracle's request, and how it obeys one that more than two thirds support (§5.3). */
export class Transitions {
  readonly #context: RoleContext;
  readonly #roots: SigningRoots;
  readonly #mixer: number;
  readonly #announcements: Announcements;

  constructor(context: RoleContext, roots: SigningRoots, own: { mixer: number; announcements: Announcements }) {
    this.#context = context;
    this.#roots = roots;
    this.#mixer = own.mixer;
    this.#announcements = own.announcements;
  }

  async vote(stream: MessageStream): Promise<void> {
    const signed = await receive(stream, SignedTransition);
    if (signed === null || !this.#signedByOracle(signed.request, signed.signature)) return stream.abort();
    const agrees = this.#announcements.agrees(signed.request, {
      nowMs: this.#context.nowMs(),
      isSigned: (announced) => isAnnouncedByMixer(this.#context, this.#roots, announced),
    });
    const root = this.#roots.of(messageTypes.transitionVote, TransitionRequestType, signed.request);
    const signature = agrees ? this.#context.signer.sign(root) : new Uint8Array(64);
    await stream.send(TransitionVote.serialize({ agrees, mixer: this.#mixer, signature }));
    stream.close();
  }

  /** The request of an order whose votes hold; null otherwise. */
  async ordered(stream: MessageStream): Promise<TransitionRequest | null> {
    const order = await receive(stream, TransitionOrder);
    stream.close();
    if (order === null) return null;
    const { request, signature } = order.request;
    if (!this.#signedByOracle(request, signature)) return null;
    const { mixers } = this.#context.engine.ledger.state;
    const root = this.#roots.of(messageTypes.transitionVote, TransitionRequestType, request);
    const seats = presentCommittee(this.#context.engine.ledger.state);
    const voters = new Set<number>();
    for (const vote of order.votes) {
      const isMember = seats.some((seat) => seat.mixer === vote.mixer);
      const key = isMember ? mixers.at(vote.mixer).publicKey : undefined;
      if (vote.agrees && key !== undefined && this.#context.verifier.ed25519(key, root, vote.signature)) {
        voters.add(vote.mixer);
      }
    }
    return isQuorum(voters.size, seats.length) ? request : null;
  }

  #signedByOracle(request: TransitionRequest, signature: Uint8Array): boolean {
    const oracle = this.#context.engine.ledger.state.oracles.get(request.oracle);
    if (oracle === undefined) return false;
    const root = this.#roots.of(messageTypes.transitionRequest, TransitionRequestType, request);
    return this.#context.verifier.ed25519(oracle.publicKey, root, signature);
  }
}
