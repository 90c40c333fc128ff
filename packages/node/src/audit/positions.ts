import { firstUint64, littleEndian, sha256 } from '@assay/protocol';

/**
 * The output positions an audit compares: `count` of `tokens`, without replacement, ascending, from the audit's seed
 * alone (§10.2). Position i of the draw is SHA-256(seed ‖ i) reduced over those left.
 */
export function drawPositions(seed: Uint8Array, options: { tokens: number; count: number }): number[] {
  const left = Array.from({ length: options.tokens }, (_, i) => i);
  const drawn: number[] = [];
  while (drawn.length < options.count && left.length > 0) {
    const lot = firstUint64(sha256(seed, littleEndian(drawn.length, 4)));
    const [position] = left.splice(Number(lot % BigInt(left.length)), 1);
    if (position !== undefined) drawn.push(position);
  }
  return drawn.sort((a, b) => a - b);
}
