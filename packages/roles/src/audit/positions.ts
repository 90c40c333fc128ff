import { firstUint64, littleEndian, sha256 } from '@assay/ssz';

/**
 * The output positions an audit compares: `count` of `tokens`, without replacement, ascending: the first, the last, and
 * of those between as the audit's seed alone draws them (verification §2.2). Lot i is SHA-256(seed ‖ i) reduced over
 * those left.
 */
export function drawPositions(seed: Uint8Array, options: { tokens: number; count: number }): number[] {
  const left = Array.from({ length: options.tokens }, (_, i) => i);
  const ends = new Set([0, options.tokens - 1]);
  const drawn = left.filter((position) => ends.has(position)).slice(0, options.count);
  for (const position of drawn) left.splice(left.indexOf(position), 1);
  for (let rank = 0; drawn.length < options.count && left.length > 0; rank++) {
    const lot = firstUint64(sha256(seed, littleEndian(rank, 4)));
    const [position] = left.splice(Number(lot % BigInt(left.length)), 1);
    if (position !== undefined) drawn.push(position);
  }
  return drawn.sort((a, b) => a - b);
}
