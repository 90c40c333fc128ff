/** Looks in a row at nobody before it is said. */
const lonelyLooks = 50;

/** Says that CometBFT has met nobody for a while, once, and when it has met others after that. */
export class ConnectionNotices {
  readonly #peers: readonly string[];
  readonly #say: (line: string) => void;
  #looks = 0;

  constructor(peers: readonly string[], say: (line: string) => void) {
    this.#peers = peers;
    this.#say = say;
  }

  /** How many others it is connected with; null while it does not say. */
  see(connections: number | null): void {
    if (this.#peers.length === 0 || connections === null) return;
    if (connections > 0) {
      if (this.#looks >= lonelyLooks) this.#say(`CometBFT is connected with ${connections} of its like.`);
      this.#looks = 0;
      return;
    }
    this.#looks += 1;
    if (this.#looks !== lonelyLooks) return;
    const cure = 'Look whether this machine may open connections to them, and whether they run. It goes on trying.';
    this.#say(`CometBFT has no connection to another validator. It dials ${this.#peers.join(', ')}. ${cure}`);
  }
}
