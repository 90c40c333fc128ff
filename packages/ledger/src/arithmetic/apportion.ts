import { itemAt } from './invariant.ts';
import { atOnce, type Pace, READ, type Steps } from './pace.ts';

/**
 * Divides `whole` in proportion to `weights` so that the parts add up to it exactly: every part is rounded down, and
 * what is left goes one base unit at a time to the largest remainders, ties to the lower index (economics §0.2).
 * `whole` and the weights must not be negative. When all weights are zero there is nothing to divide by: all parts are
 * zero.
 */
export function apportion(whole: bigint, weights: readonly bigint[]): bigint[] {
  return atOnce((pace) => apportionSteps(whole, weights, pace));
}

/** The same for any number of weights, a few at a time. */
export function* apportionSteps(whole: bigint, weights: readonly bigint[], pace: Pace): Steps<bigint[]> {
  let total = 0n;
  for (const weight of weights) {
    total += weight;
    if (pace.isSpent(READ)) yield;
  }
  const parts: bigint[] = [];
  const remainders: bigint[] = [];
  let left = total === 0n ? 0n : whole;
  for (const weight of weights) {
    const product = whole * weight;
    const part = total === 0n ? 0n : product / total;
    parts.push(part);
    remainders.push(product - part * total);
    left -= part;
    if (pace.isSpent(READ)) yield;
  }
  for (const index of left === 0n ? [] : largest(remainders, total, Number(left))) {
    parts[index] = itemAt(parts, index) + 1n;
  }
  if (pace.isSpent(READ * weights.length)) yield;
  return parts;
}

const HEAD_BITS = 32;

/**
 * Indexes of the `count` largest values, all below `bound`, ties to the lower index, in no order. What lies on the
 * wrong side of a value from the middle changes places, then the same is done with the side on which the last of them
 * lies: to sort all of a million would take far longer. Values are compared by their first bits, and whole when these
 * agree.
 */
function largest(values: readonly bigint[], bound: bigint, count: number): Uint32Array {
  const shift = BigInt(Math.max(0, bound.toString(2).length - HEAD_BITS));
  const heads = Uint32Array.from(values, (value) => Number(value >> shift));
  const order = Uint32Array.from(values.keys());
  const isBefore = (a: number, b: number): boolean => {
    const [left, right] = [heads[a] as number, heads[b] as number];
    return left === right ? isBeforeWhole(values, a, b) : left > right;
  };
  let [from, to] = [0, order.length];
  while (to - from > 1) {
    const middle = order[(from + to) >> 1] as number;
    let [low, high] = [from, to - 1];
    while (low <= high) {
      while (isBefore(order[low] as number, middle)) low += 1;
      while (isBefore(middle, order[high] as number)) high -= 1;
      if (low <= high) swap(order, low++, high--);
    }
    if (count <= high) to = high + 1;
    else if (count >= low) from = low;
    else break;
  }
  return order.subarray(0, count);
}

function isBeforeWhole(values: readonly bigint[], a: number, b: number): boolean {
  const left = values[a] as bigint;
  const right = values[b] as bigint;
  return left === right ? a < b : left > right;
}

function swap(order: Uint32Array, a: number, b: number): void {
  const moved = order[a] as number;
  order[a] = order[b] as number;
  order[b] = moved;
}
