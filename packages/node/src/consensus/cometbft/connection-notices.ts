/** So long nobody is met before it is said. */
const lonelyMs = 10_000;

/** Says that CometBFT has met nobody for a while, once, and when it has met others after that. */
export class ConnectionNotices {
  readonly #peers: readonly string[];
  readonly #say: (line: string) => void;
  #aloneSinceMs: number | null = null;
  #isSaid = false;

  constructor(peers: readonly string[], say: (line: string) => void) {
    this.#peers = peers;
    this.#say = say;
  }

  /** How many others it is connected with at a time of the monotonic clock; null while it does not say. */
  see(connections: number | null, nowMs: number): void {
    if (this.#peers.length === 0 || connections === null) return;
    if (connections > 0) {
      if (this.#isSaid) this.#say(`CometBFT is connected with ${connections} of its like.`);
      this.#aloneSinceMs = null;
      this.#isSaid = false;
      return;
    }
    this.#aloneSinceMs ??= nowMs;
    if (this.#isSaid || nowMs - this.#aloneSinceMs < lonelyMs) return;
    this.#isSaid = true;
    const cure = 'Look whether this machine may open connections to them, and whether they run. It goes on trying.';
    this.#say(`CometBFT has no connection to another validator. It dials ${this.#peers.join(', ')}. ${cure}`);
  }
}
