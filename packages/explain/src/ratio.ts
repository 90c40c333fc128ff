/** Parts per billion as a decimal fraction. */
export function ratio(ppb: number | bigint): string {
  const whole = BigInt(ppb);
  const decimals = (whole % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  return `${whole / 1_000_000_000n}${decimals === '' ? '' : `.${decimals}`}`;
}
