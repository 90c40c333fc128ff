const BASE_UNITS = 1_000_000_000n;

/** An amount of base units as units: up to nine decimals, no trailing zeros (`1500000000n` → `1.5`). */
export function formatUnits(baseUnits: bigint): string {
  const size = baseUnits < 0n ? -baseUnits : baseUnits;
  const decimals = (size % BASE_UNITS).toString().padStart(9, '0').replace(/0+$/, '');
  return `${baseUnits < 0n ? '-' : ''}${size / BASE_UNITS}${decimals === '' ? '' : `.${decimals}`}`;
}

/** Reads what `formatUnits` writes; null when the text is no amount that could be sent. */
export function parseUnits(text: string): bigint | null {
  const [, whole, decimals = ''] = /^(\d{1,20})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  if (whole === undefined) return null;
  const baseUnits = BigInt(whole) * BASE_UNITS + BigInt(decimals.padEnd(9, '0'));
  return baseUnits < 1n << 64n ? baseUnits : null;
}
