const BASE_UNITS = 1_000_000_000n;

/** An amount of base units as units: up to nine decimals, no trailing zeros (`1500000000n` → `1.5`). */
export function formatUnits(baseUnits: bigint): string {
  const size = baseUnits < 0n ? -baseUnits : baseUnits;
  const decimals = (size % BASE_UNITS).toString().padStart(9, '0').replace(/0+$/, '');
  return `${baseUnits < 0n ? '-' : ''}${size / BASE_UNITS}${decimals === '' ? '' : `.${decimals}`}`;
}
