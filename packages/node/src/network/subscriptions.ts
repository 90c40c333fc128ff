import { NoMessage, networkLimits, type PeerId } from '@assay/roles/ports/network';
import type { Timers } from '@assay/roles/ports/runtime';

export type TopicHandler = (message: Uint8Array, from: PeerId) => void;
/** Hears of what is no message of its topic, by its author. */
export type OnUnreadable = (topic: string, author: PeerId, error: NoMessage) => void;

/** What a peer listens to: what is published waits its turn, and the newest is dropped where too much waits (§5.24). */
export class Subscriptions {
  readonly #timers: Timers;
  readonly #onUnreadable: OnUnreadable;
  readonly #subscriptions: { readonly topic: string; readonly handler: TopicHandler }[] = [];
  #waiting = 0;
  #dropped = 0;
  #isOver = false;

  constructor(timers: Timers, onUnreadable: OnUnreadable = () => {}) {
    this.#timers = timers;
    this.#onUnreadable = onUnreadable;
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
        if (!this.#isOver) this.#hear({ topic, handler }, message, from);
      });
    }
  }

  /** Nothing is heard any more. */
  end(): void {
    this.#isOver = true;
  }

  /** Gives a message to a subscriber, which no peer can stop with one. */
  #hear({ topic, handler }: { topic: string; handler: TopicHandler }, message: Uint8Array, author: PeerId): void {
    try {
      handler(message, author);
    } catch (error) {
      // Whatever else went wrong may be this peer's own fault.
      if (error instanceof NoMessage) this.#onUnreadable(topic, author, error);
    }
  }
}
