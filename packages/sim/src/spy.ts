import type { MessageStream, PeerId } from '@assay/roles/ports/network';

/** A message that a peer got on a stream that another one opened. */
export interface Heard {
  readonly to: PeerId;
  readonly from: PeerId;
  readonly protocol: string;
  /** Index of the message in its stream, and which stream of its peer it was. */
  readonly index: number;
  readonly stream: number;
  /** Streams of that protocol that were open at the peer then, this one among them. */
  readonly open: number;
  readonly message: Uint8Array;
}

type Handler = (stream: MessageStream, from: PeerId) => Promise<void>;

/** Tells what the peers of a network get, as they get it. */
export class Spy {
  readonly #listeners: ((heard: Heard) => void)[] = [];
  readonly #open = new Map<string, number>();
  #streams = 0;

  onHeard(listener: (heard: Heard) => void): void {
    this.#listeners.push(listener);
  }

  /** What a peer handles a protocol with, listened to. */
  on({ to, protocol }: Pick<Heard, 'to' | 'protocol'>, handler: Handler): Handler {
    const key = `${to} ${protocol}`;
    const add = (change: number) => this.#open.set(key, (this.#open.get(key) ?? 0) + change);
    return (stream, from) => {
      const number = this.#streams++;
      let index = 0;
      add(1);
      const next = async () => {
        const result = await stream.messages.next();
        if (result.done === true || this.#listeners.length === 0) return result;
        const about = { to, from, protocol, index: index++, stream: number, open: this.#open.get(key) ?? 0 };
        for (const listener of this.#listeners) listener({ ...about, message: result.value });
        return result;
      };
      return handler({ ...stream, messages: { next } }, from).finally(() => add(-1));
    };
  }
}
