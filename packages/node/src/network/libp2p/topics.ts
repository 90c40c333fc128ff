import type { PeerId } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { type Message, TopicValidatorResult } from '@libp2p/gossipsub';
import { maxTopicMessageBytes } from './host.ts';
import { peerOf } from './peer-key.ts';

/** Messages that one author may publish at once, and in a second; the rest goes no further. */
const burst = 8192;
const perSecond = 2048;
/** Authors whose pace is remembered; the oldest are forgotten. */
const mostAuthors = 4096;

export type MayPublish = (topic: string, author: PeerId) => boolean;

/** Says of each message of a topic whether it goes on to others: only by who may publish, no longer and no faster. */
export class TopicGate {
  readonly #runtime: Pick<Runtime, 'monotonicMs'>;
  readonly #mayPublish: MayPublish;
  readonly #authors = new Map<PeerId, { left: number; atMs: number }>();
  #refused = 0;

  constructor(runtime: Pick<Runtime, 'monotonicMs'>, mayPublish: MayPublish) {
    this.#runtime = runtime;
    this.#mayPublish = mayPublish;
  }

  /** Messages that went no further. */
  get refused(): number {
    return this.#refused;
  }

  /** Who passes on what is too long has not looked at it, which honest peers do: that is a fault of his. */
  judge(message: Message): TopicValidatorResult {
    const author = authorOf(message);
    if (author === null || message.data.length > maxTopicMessageBytes) return TopicValidatorResult.Reject;
    if (this.#mayPublish(message.topic, author) && this.#isInPace(author)) return TopicValidatorResult.Accept;
    this.#refused++;
    return TopicValidatorResult.Ignore;
  }

  #isInPace(author: PeerId): boolean {
    const nowMs = this.#runtime.monotonicMs();
    const { left, atMs } = this.#authors.get(author) ?? { left: burst, atMs: nowMs };
    const now = { left: Math.min(burst, left + ((nowMs - atMs) * perSecond) / 1000), atMs: nowMs };
    if (now.left >= 1) now.left -= 1;
    else return false;
    this.#authors.delete(author);
    this.#authors.set(author, now);
    const [oldest] = this.#authors.keys();
    if (this.#authors.size > mostAuthors && oldest !== undefined) this.#authors.delete(oldest);
    return true;
  }
}

/** Who signed a message, whoever passed it on; null when nobody of this network did. */
export function authorOf(message: Message): PeerId | null {
  return message.type === 'signed' ? peerOf(message.from) : null;
}
