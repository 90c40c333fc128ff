import { NoMessage, networkLimits, type PeerId } from '@assay/roles/ports/network';
import type { Timers } from '@assay/roles/ports/runtime';

export type TopicHandler = (message: Uint8Array, from: PeerId) => void;

/** What a peer listens to: what is published waits its turn, and the newest is dropped where too much waits (§5.24). */
export class Subscriptions {
  readonly #timers: Timers;
  readonly #onFault: (author: PeerId) => void;
  readonly #subscriptions: { readonly topic: string; readonly handler: TopicHandler }[] = [];
  #waiting = 0;
  #dropped = 0;
  #isOver = false;

  /** `onFault` is called with the author of what is no message of its topic. */
  constructor(timers: Timers, onFault: (author: PeerId) => void = () => {}) {
    this.#timers = timers;
    this.#onFault = onFault;
  }

  /** Messages that found no room. */
  get dropped(): number {
    return this.#dropped;
  }

  add(topic: string, handler: TopicHandler): void {
    this.#subscriptions.push({ topic, handler });
  }

  deliver(topic: string, message: Uint8Array, from: PeerId): void {
    for (const { topic: subscribed, handler } of this.#subscriptions) {
      if (subscribed !== topic) continue;
      if (this.#waiting >= networkLimits.topicMessages) {
        this.#dropped++;
        continue;
      }
      this.#waiting++;
      this.#timers.timer(0, () => {
        this.#waiting--;
        if (!this.#isOver && !isReadable(handler, message, from)) this.#onFault(from);
      });
    }
  }

  /** Nothing is heard any more. */
  end(): void {
    this.#isOver = true;
  }
}

/** Gives a message to its subscriber, which no peer can stop with one; false where it is none of its topic. */
function isReadable(handler: TopicHandler, message: Uint8Array, from: PeerId): boolean {
  try {
    handler(message, from);
    return true;
  } catch (error) {
    // Whatever else went wrong may be this peer's own fault.
    return !(error instanceof NoMessage);
  }
}
