import type { BlockResult } from '@assay/ledger';
import { limits } from '@assay/protocol';
import type { LoadedChain } from './replay.ts';

/**
 * When a snapshot of the state is worth writing: at an epoch's end, once the blocks since the last one weigh as much as
 * it did, so that snapshots never write more than the blocks themselves; and at the latest after so many blocks that a
 * restart stays short. Nodes whose snapshots others fetch from several of them write them all at the same heights.
 */
export class SnapshotPolicy {
  #lastBytes: number;
  #blocks: number;
  #blockBytes: number;
  readonly #every: number | undefined;

  constructor(
    { ledger, snapshot, replayedBytes }: Pick<LoadedChain, 'ledger' | 'snapshot' | 'replayedBytes'>,
    every?: number,
  ) {
    this.#every = every;
    this.#lastBytes = snapshot.bytes;
    this.#blocks = ledger.state.globals.height - snapshot.height;
    this.#blockBytes = replayedBytes;
  }

  /** Counts a block; gives whether its state is to be kept. */
  isDue({ height, events }: Pick<BlockResult, 'height' | 'events'>, blockBytes: number): boolean {
    if (this.#every !== undefined) return height % this.#every === 0;
    this.#blocks += 1;
    this.#blockBytes += blockBytes;
    if (this.#blocks >= limits.maxReplayBlocks) return true;
    return this.#blockBytes >= this.#lastBytes && events.some(({ type }) => type === 'epochClosed');
  }

  /** The snapshot of the last counted block was written. */
  taken(snapshotBytes: number): void {
    this.#lastBytes = snapshotBytes;
    this.#blocks = 0;
    this.#blockBytes = 0;
  }
}
