import { littleEndian, sha256 } from '@assay/ssz';
import { itemAt } from '../arithmetic/invariant.ts';

/** One index of a sample. */
export interface Sampled {
  readonly index: number;
  readonly weight: bigint;
  readonly lot: bigint;
  readonly totalWeight: bigint;
}

/**
 * Weights in a row, with their sums up to each. PERF(draws): samples of one row pass over it once, all together; the
 * worst case is one sample of a row, which then makes the sums for one search.
 */
export class WeightedRow {
  readonly #weights: readonly bigint[];
  /** The sum up to each, and with it. */
  readonly #ends: readonly bigint[];
  readonly #totalWeight: bigint;

  constructor(weights: readonly bigint[]) {
    let total = 0n;
    this.#weights = weights;
    this.#ends = weights.map((weight) => {
      total += weight;
      return total;
    });
    this.#totalWeight = total;
  }

  /**
   * Draws up to `count` indexes without replacement, each with a chance in proportion to its weight among those left,
   * and none of `excluded`, which ascend. An index of weight zero is never drawn.
   */
  sample(seed: Uint8Array, count: number, excluded: readonly number[] = []): Sampled[] {
    const gone = [...excluded];
    let totalWeight = gone.reduce((sum, index) => sum - itemAt(this.#weights, index), this.#totalWeight);
    const sampled: Sampled[] = [];
    for (let rank = 0; rank < count && totalWeight > 0n; rank++) {
      const lot = lotBelow(sha256(seed, littleEndian(rank, 4)), totalWeight);
      const index = this.#indexOf(lot, gone);
      const weight = itemAt(this.#weights, index);
      sampled.push({ index, weight, lot, totalWeight });
      totalWeight -= weight;
      const place = gone.findIndex((each) => each > index);
      gone.splice(place === -1 ? gone.length : place, 0, index);
    }
    return sampled;
  }

  /** Where a lot falls in the row without those that are gone: each of them before it moves it up by its weight. */
  #indexOf(lot: bigint, gone: readonly number[]): number {
    let moved = lot;
    for (const index of gone) {
      const weight = itemAt(this.#weights, index);
      if (moved < itemAt(this.#ends, index) - weight) break;
      moved += weight;
    }
    let [low, high] = [0, this.#ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (moved < itemAt(this.#ends, middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/**
 * A number below `bound` from a hash: its first 128 bits, times the bound, without the lowest 128 bits. No number is
 * more likely than another by more than bound / 2^128, which is below 2^-48 for any weights a table can hold.
 */
export function lotBelow(hash: Uint8Array, bound: bigint): bigint {
  let value = 0n;
  for (const byte of hash.subarray(0, 16)) value = (value << 8n) | BigInt(byte);
  return (value * bound) >> 128n;
}
