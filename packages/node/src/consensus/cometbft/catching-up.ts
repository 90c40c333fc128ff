import type { Runtime } from '@assay/roles/ports/runtime';

/** Further ahead than this, others have blocks that this node does not get. */
const slackBlocks = 2;
/** How long the chain stands still here until it is said that it will not go on. */
const patienceMs = 10_000;
/** Looks with new blocks, until those peers count for nothing that say no height. */
const fewLooks = 3;

export interface CatchingUpOptions {
  /** CometBFT's RPC; rejects while it does not answer. */
  readonly ask: (path: string) => Promise<unknown>;
  /** Of the last durable block. */
  readonly height: () => number;
  readonly runtime: Pick<Runtime, 'monotonicMs' | 'log'>;
}

interface Peers {
  readonly peers?: readonly { readonly peer_state?: { readonly round_state?: { readonly height?: unknown } } }[];
}

/** Tells whether the chain here is as far as that of the others. */
export class CatchingUp {
  readonly #options: CatchingUpOptions;
  #last: number | null = null;
  #stands = true;
  #isAbreast = false;
  #movedLooks = 0;
  /** Since when it stands still while others are ahead; null while it does not, infinite once that was said. */
  #lostSinceMs: number | null = null;

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
    const saysItIs = await this.#saysItIs();
    if (saysItIs && !this.#stands) this.#movedLooks += 1;
    if (!this.#stands) this.#lostSinceMs = null;
    if (!saysItIs) this.#isAbreast = false;
    else if (this.#stands || !this.#isAbreast) this.#isAbreast = await this.#isBesideOthers();
    return this.#isAbreast;
  }

  async #saysItIs(): Promise<boolean> {
    try {
      const status = (await this.#options.ask('/status')) as { sync_info?: { catching_up?: boolean } };
      return status.sync_info?.catching_up === false;
    } catch {
      return false;
    }
  }

  /** CometBFT takes a node for caught up by what peers said long ago, and when nobody has the next block any more. */
  async #isBesideOthers(): Promise<boolean> {
    const { ask } = this.#options;
    const { peers = [] } = (await ask('/dump_consensus_state').catch(() => ({}))) as Peers;
    const height = this.#options.height();
    const heights = peers
      .map(({ peer_state: state }) => Number(state?.round_state?.height ?? 0))
      .filter((at) => at > 0);
    const ahead = heights.filter((at) => at > height + slackBlocks);
    // Peers that take no part in the consensus yet say no height.
    if (2 * ahead.length <= heights.length)
      return heights.length > 0 || peers.length === 0 || this.#movedLooks >= fewLooks;
    if (this.#stands) this.#tellLost(height, `${ahead.length} of ${heights.length} peers`, Math.max(...ahead));
    return false;
  }

  #tellLost(height: number, who: string, theirs: number): void {
    const { runtime } = this.#options;
    this.#lostSinceMs ??= runtime.monotonicMs();
    if (runtime.monotonicMs() - this.#lostSinceMs < patienceMs) return;
    this.#lostSinceMs = Number.POSITIVE_INFINITY;
    const cure = 'begin with a state, by a line of `assay invite --trusted` (docs/run-a-network.md)';
    runtime.log(`${who} are at height ${theirs}, and none gives block ${height + 1}: ${cure}`);
  }
}
