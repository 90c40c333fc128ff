/** What was sent of one protocol or topic, counted once for each receiver. */
export interface Sent {
  readonly messages: number;
  readonly bytes: number;
}

const nothingSent: Sent = { messages: 0, bytes: 0 };

/** Counts what peers send, by protocol and topic: the messages themselves, without what a transport adds to them. */
export class Traffic {
  readonly #byName = new Map<string, { messages: number; bytes: number }>();

  add(name: string, message: Uint8Array): void {
    const sent = this.#byName.get(name) ?? { messages: 0, bytes: 0 };
    sent.messages += 1;
    sent.bytes += message.length;
    this.#byName.set(name, sent);
  }

  /** All that was sent since the beginning. */
  get all(): ReadonlyMap<string, Sent> {
    return new Map([...this.#byName].map(([name, sent]) => [name, { ...sent }]));
  }

  /** All that was sent since `all` was taken, by name. */
  since(before: ReadonlyMap<string, Sent>): ReadonlyMap<string, Sent> {
    const less = (name: string, { messages, bytes }: Sent) => {
      const { messages: had, bytes: hadBytes } = before.get(name) ?? nothingSent;
      return { messages: messages - had, bytes: bytes - hadBytes };
    };
    const named = [...this.#byName].map(([name, sent]) => [name, less(name, sent)] as const);
    return new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
