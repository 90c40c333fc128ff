/** One, in parts per billion. */
export const PPB = 1_000_000_000n;

/** All of something, in basis points. */
export const ALL_BPS = 10_000;

/** Largest value of a 64-bit field. */
export const MAX_UNITS = (1n << 64n) - 1n;

/** The largest integer whose square is at most `value`, which must not be negative. */
export function isqrt(value: bigint): bigint {
  if (value < 2n) return value;
  let bits = 0;
  for (let rest = value; rest > 0n; rest >>= 8n) bits += 8;
  let root = 1n << BigInt(bits >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** `value`, or `most` when it is larger. */
export function capped(value: bigint, most: bigint): bigint {
  if (value > most) return most;
  return value;
}

/** `value`, at most what a 64-bit statistic can hold. Never for money, which is conserved and cannot reach it. */
export function saturate(value: bigint): bigint {
  return capped(value, MAX_UNITS);
}
