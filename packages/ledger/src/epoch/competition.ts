/** One, in the fixed point of shares. */
export const SHARE_ONE = 10n ** 18n;

/**
 * Final of every contestant, in 10⁻¹⁸: Σ_c α_c · raw_c / Σ raw_c (economics §4.2). A component whose total is zero
 * gives nobody anything and its weight is shared by the others in proportion, so the Finals add up to one (less
 * rounding) whenever any weighted component is not empty. `raws` has one row per contestant, one value per component.
 */
export function finals(raws: readonly (readonly bigint[])[], alphaBps: readonly number[]): bigint[] {
  const totals = alphaBps.map((_, component) => raws.reduce((sum, raw) => sum + (raw[component] ?? 0n), 0n));
  const alphas = alphaBps.map((bps, component) => (totals[component] === 0n ? 0n : BigInt(bps)));
  const allAlphas = alphas.reduce((sum, alpha) => sum + alpha, 0n);
  if (allAlphas === 0n) return raws.map(() => 0n);
  return raws.map((raw) => {
    const weighted = alphas.reduce((sum, alpha, component) => {
      const total = totals[component] ?? 0n;
      return alpha === 0n ? sum : sum + (alpha * SHARE_ONE * (raw[component] ?? 0n)) / total;
    }, 0n);
    return weighted / allAlphas;
  });
}
