import { committeeOf } from '@assay/ledger';
import {
  messageTypes,
  SignedAnnouncement,
  SignedTransition,
  TaskAnnouncement,
  TransitionOrder,
  TransitionRequest,
  TransitionVote,
} from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { announcementFrom, isAnnouncedByMixer, protocols, topics } from '../../context.ts';
import type { Endpoint, MessageStream, PeerId } from '../../ports/network.ts';
import type { Cancel } from '../../ports/runtime.ts';
import { receive } from '../../ports/wire.ts';
import { clockToleranceMs, type Hearing } from '../announcements.ts';
import type { Ground } from '../ground.ts';
import { isByOracle, isSupported } from '../orders.ts';
import type { TaskStep } from '../part-messages.ts';

/** So long after a step was due it is said again, and so often, as long as oracles follow it (§5.3.5). */
const repeatAfterMs = 2 * clockToleranceMs;
const repeatMs = 2000;
const repeats = 60;

/**
 * What the mixers tell each other and the oracles of where tasks stand; how a mixer votes on an oracle's request, and
 * hears an order that more than two thirds support (§5.3).
 */
export class Transitions {
  readonly #ground: Ground;
  #endpoint: Endpoint | null = null;
  #lastMs = 0;
  /** By task: what keeps its last word from being said again. */
  readonly #repeats = new Map<string, Cancel>();

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  start(endpoint: Endpoint): void {
    const { announcements, context } = this.#ground;
    this.#endpoint = endpoint;
    announcements.begin(context.chain.head().globals.height);
    endpoint.handle(protocols.vote, (stream) => this.#vote(stream));
    endpoint.handle(protocols.order, (stream) => this.#hearOrder(stream));
    endpoint.subscribe(topics.tasks, (message, from) => this.#hear(message, from));
  }

  stop(): void {
    this.#endpoint = null;
    for (const cancel of this.#repeats.values()) cancel();
    this.#repeats.clear();
  }

  /** §14.10 Hears those that have a seat, or had one in the epoch before. */
  hearSeats(): void {
    const { context, announcements } = this.#ground;
    const head = context.chain.head();
    const { epoch } = head.globals;
    const seats = [epoch, epoch - 1].flatMap((each) => committeeOf(head, each));
    announcements.hearOnly(seats.map(({ mixer }) => mixer));
  }

  announce(step: TaskStep): void {
    const { context, roots, mixer, announcements } = this.#ground;
    // No two have one time: the later one is told by it (§5.1.2).
    this.#lastMs = Math.max(context.runtime.nowMs(), this.#lastMs + 1);
    const announcement = { ...step, mixer, timeMs: this.#lastMs };
    const root = roots.of(messageTypes.taskState, TaskAnnouncement, announcement);
    const message = { announcement, signature: context.signer.sign(root) };
    announcements.record(message, this.#hearing());
    const bytes = SignedAnnouncement.serialize(message);
    this.#endpoint?.publish(topics.tasks, bytes);
    const id = toHex(step.taskId);
    this.#repeats.get(id)?.();
    this.#repeats.delete(id);
    if (step.state === 'end') return;
    this.#repeat(step.taskId, bytes, { ms: step.deadlineMs + repeatAfterMs - context.runtime.nowMs(), left: repeats });
  }

  /** A word that an oracle did not hear would leave its task where it is for ever. */
  #repeat(taskId: Uint8Array, bytes: Uint8Array, { ms, left }: { readonly ms: number; readonly left: number }): void {
    const id = toHex(taskId);
    const again = () => {
      if (left === 0) {
        this.#repeats.delete(id);
        return this.#ground.emit({ type: 'stuck', taskId });
      }
      this.#endpoint?.publish(topics.tasks, bytes);
      this.#repeat(taskId, bytes, { ms: repeatMs, left: left - 1 });
    };
    this.#repeats.set(id, this.#ground.context.runtime.timer(Math.max(0, ms), again));
  }

  #hear(message: Uint8Array, from: PeerId): void {
    const { context, announcements } = this.#ground;
    const signed = announcementFrom(context.chain, message, from);
    if (signed !== null) announcements.record(signed, this.#hearing());
  }

  #hearing(): Hearing {
    const { context, committee } = this.#ground;
    const head = context.chain.head();
    const { deadlines } = head.params;
    const present = committee.present(head);
    return { nowMs: context.runtime.nowMs(), height: head.globals.height, deadlines, present };
  }

  async #vote(stream: MessageStream): Promise<void> {
    const { context, roots, mixer, announcements } = this.#ground;
    const signed = await receive(stream, SignedTransition);
    if (signed === null || !isByOracle(this.#signatures(), signed)) return stream.abort();
    const agrees = announcements.agrees(signed.request, {
      nowMs: context.runtime.nowMs(),
      isSigned: (announced) => isAnnouncedByMixer(context, roots, announced),
    });
    const root = roots.of(messageTypes.transitionVote, TransitionRequest, signed.request);
    const signature = agrees ? context.signer.sign(root) : new Uint8Array(64);
    await stream.send(TransitionVote.serialize({ agrees, mixer, signature }));
    stream.close();
  }

  async #hearOrder(stream: MessageStream): Promise<void> {
    const { mixer, emit } = this.#ground;
    const order = await receive(stream, TransitionOrder);
    stream.close();
    if (order === null || !isSupported(this.#signatures(), order)) return;
    if (order.request.request.mixer === mixer) emit({ type: 'ordered', order });
  }

  #signatures() {
    const { context, roots } = this.#ground;
    return { state: context.chain.head(), roots, verifier: context.verifier };
  }
}
