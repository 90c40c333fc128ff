import {
  messageTypes,
  SignedTransition,
  type TransitionOrder,
  TransitionOrder as TransitionOrderType,
  TransitionRequest,
  TransitionVote,
} from '@assay/protocol';
import type { MessageStream } from '../../../network/port.ts';
import { receive } from '../../../network/wire.ts';
import { isAnnouncedByMixer, type RoleContext, type SigningRoots } from '../../context.ts';
import type { Announcements } from '../announcements.ts';
import { isByOracle, isSupported } from '../batch/check-transition.ts';

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
    if (signed === null || !isByOracle(this.#signatures(), signed)) return stream.abort();
    const agrees = this.#announcements.agrees(signed.request, {
      nowMs: this.#context.runtime.nowMs(),
      isSigned: (announced) => isAnnouncedByMixer(this.#context, this.#roots, announced),
    });
    const root = this.#roots.of(messageTypes.transitionVote, TransitionRequest, signed.request);
    const signature = agrees ? this.#context.signer.sign(root) : new Uint8Array(64);
    await stream.send(TransitionVote.serialize({ agrees, mixer: this.#mixer, signature }));
    stream.close();
  }

  /** An order whose votes hold; null otherwise. */
  async ordered(stream: MessageStream): Promise<TransitionOrder | null> {
    const order = await receive(stream, TransitionOrderType);
    stream.close();
    return order !== null && isSupported(this.#signatures(), order) ? order : null;
  }

  #signatures() {
    const { chain, verifier } = this.#context;
    return { state: chain.head(), roots: this.#roots, verifier };
  }
}
