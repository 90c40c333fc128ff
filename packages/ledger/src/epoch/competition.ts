import { PPB } from '../arithmetic/integers.ts';
import { type Pace, READ, type Steps } from '../arithmetic/pace.ts';

/** One, in the fixed point of shares. */
export const SHARE_ONE = 10n ** 18n;
/** A share over this is in parts per billion. */
export const SHARE_PPB = SHARE_ONE / PPB;

/**
 * Final of every contestant, in 10⁻¹⁸: Σ_c α_c · raw_c / Σ raw_c (economics §4.2). A component whose total is zero
 * gives nobody anything and its weight is shared by the others in proportion, so the Finals add up to one (less
 * rounding) whenever any weighted component is not empty. `raws` has one column per component.
 */
export function* finals(
  raws: readonly (readonly bigint[])[],
  { contestants, alphaBps }: { readonly contestants: number; readonly alphaBps: readonly number[] },
  pace: Pace,
): Steps<bigint[]> {
  const totals = raws.map(() => 0n);
  for (let contestant = 0; contestant < contestants; contestant++) {
    for (let component = 0; component < raws.length; component++) {
      totals[component] = (totals[component] as bigint) + (raws[component]?.[contestant] as bigint);
    }
    if (pace.isSpent(READ)) yield;
  }
  const alphas = alphaBps.map((bps, component) => (totals[component] === 0n ? 0n : BigInt(bps)));
  const allAlphas = alphas.reduce((sum, alpha) => sum + alpha, 0n);
  const scaled = alphas.map((alpha) => alpha * SHARE_ONE);
  const weights: bigint[] = [];
  for (let contestant = 0; contestant < contestants; contestant++) {
    let weighted = 0n;
    for (let component = 0; component < raws.length; component++) {
      const raw = raws[component]?.[contestant] as bigint;
      const scale = scaled[component] as bigint;
      const total: bigint = totals[component] as bigint;
      if (raw > 0n && scale > 0n) weighted += (scale * raw) / total;
    }
    weights.push(weighted === 0n ? 0n : weighted / allAlphas);
    if (pace.isSpent(READ)) yield;
  }
  return weights;
}
