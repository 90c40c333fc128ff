import { networkLimits, type PeerId } from '@assay/roles/ports/network';
import type { Timers } from '@assay/roles/ports/runtime';

export type TopicHandler = (message: Uint8Array, from: PeerId) => void;
/** Hears of a message that a subscriber could not read. */
export type OnUnreadable = (topic: string, from: PeerId, error: unknown) => void;

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

  /** What a subscriber cannot read is dropped: no peer can stop another with a message. */
  #hear({ topic, handler }: { topic: string; handler: TopicHandler }, message: Uint8Array, from: PeerId): void {
    try {
      handler(message, from);
    } catch (error) {
      this.#onUnreadable(topic, from, error);
    }
  }
}
