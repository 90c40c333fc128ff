/** Further ahead than this, others have blocks that this node does not get. */
const slackBlocks = 2;
/** Looks at a chain that stands still here, until it is said that it will not go on. */
const patientLooks = 50;

export interface CatchingUpOptions {
  /** CometBFT's RPC; rejects while it does not answer. */
  readonly ask: (path: string) => Promise<unknown>;
  /** Of the last durable block. */
  readonly height: () => number;
  readonly log: (line: string) => void;
}

interface Peers {
  readonly peers?: readonly { readonly peer_state?: { readonly round_state?: { readonly height?: unknown } } }[];
}

/** Tells whether the chain here is as far as that of the others. */
export class CatchingUp {
  readonly #options: CatchingUpOptions;
  #last: number | null = null;
  #stands = true;
  #hasMoved = false;
  #lostLooks = 0;

  constructor(options: CatchingUpOptions) {
    this.#options = options;
  }

  /** Whether no block came since the look before. */
  get stands(): boolean {
    return this.#stands;
  }

  /** Looks once more; false while CometBFT does not answer. */
  async look(): Promise<boolean> {
    const height = this.#options.height();
    this.#stands = this.#last === null || height === this.#last;
    this.#last = height;
    if (!(await this.#saysItIs())) return false;
    this.#hasMoved ||= !this.#stands;
    return !this.#stands || this.#isBesideOthers(height);
  }

  async #saysItIs(): Promise<boolean> {
    try {
      const status = (await this.#options.ask('/status')) as { sync_info?: { catching_up?: boolean } };
      return status.sync_info?.catching_up === false;
    } catch {
      return false;
    }
  }

  /** CometBFT takes a node for caught up, too, when nobody has the next block any more. */
  async #isBesideOthers(height: number): Promise<boolean> {
    const { ask, log } = this.#options;
    const { peers = [] } = (await ask('/dump_consensus_state').catch(() => ({}))) as Peers;
    const heights = peers
      .map(({ peer_state: state }) => Number(state?.round_state?.height ?? 0))
      .filter((at) => at > 0);
    const ahead = heights.filter((at) => at > height + slackBlocks);
    if (2 * ahead.length <= heights.length) return this.#hasMoved || heights.length > 0 || peers.length === 0;
    this.#lostLooks += 1;
    if (this.#lostLooks === patientLooks) {
      const where = `${ahead.length} of ${heights.length} peers are at height ${Math.max(...ahead)}`;
      log(
        `${where}, and none gives block ${height + 1}: begin again with the state of a height (docs/run-a-network.md)`,
      );
    }
    return false;
  }
}
