/**
 * Divides `whole` in proportion to `weights` so that the parts add up to it exactly: every part is rounded down, and
 * what is left goes one base unit at a time to the largest remainders, ties to the lower index (economics §0.2).
 * `whole` and the weights must not be negative. When all weights are zero there is nothing to divide by: all parts are
 * zero.
 */
export function apportion(whole: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (total === 0n) return weights.map(() => 0n);
  const parts = weights.map((weight) => (whole * weight) / total);
  let left = whole - parts.reduce((sum, part) => sum + part, 0n);
  if (left === 0n) return parts;
  const order = weights
    .map((weight, index) => ({ index, remainder: (whole * weight) % total }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  for (const { index } of order) {
    if (left === 0n) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return parts;
}
