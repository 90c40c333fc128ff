import { type Pace, READ, type Steps } from '../pace.ts';

/** One, in the fixed point of shares. */
export const SHARE_ONE = 10n ** 18n;

/**
 * Final of every contestant, in 10⁻¹⁸: Σ_c α_c · raw_c / Σ raw_c (economics §4.2). A component whose total is zero
 * gives nobody anything and its weight is shared by the others in proportion, so the Finals add up to one (less
 * rounding) whenever any weighted component is not empty. `raws` has one row per contestant, one value per component.
 */
export function* finals(
  raws: readonly (readonly bigint[])[],
  alphaBps: readonly number[],
  pace: Pace,
): Steps<bigint[]> {
  const totals = alphaBps.map(() => 0n);
  for (const raw of raws) {
    for (let component = 0; component < raw.length; component++) {
      totals[component] = (totals[component] ?? 0n) + (raw[component] ?? 0n);
    }
    if (pace.isSpent(READ)) yield;
  }
  const alphas = alphaBps.map((bps, component) => (totals[component] === 0n ? 0n : BigInt(bps)));
  const allAlphas = alphas.reduce((sum, alpha) => sum + alpha, 0n);
  const scaled = alphas.map((alpha) => alpha * SHARE_ONE);
  const weights: bigint[] = [];
  for (const raw of raws) {
    let weighted = 0n;
    for (let component = 0; component < raw.length; component++) {
      const [value = 0n, scale = 0n, total = 0n] = [raw[component], scaled[component], totals[component]];
      if (value > 0n && scale > 0n) weighted += (scale * value) / total;
    }
    weights.push(allAlphas === 0n ? 0n : weighted / allAlphas);
    if (pace.isSpent(READ)) yield;
  }
  return weights;
}
