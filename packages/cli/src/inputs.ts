import { parseUnits } from '@assay/client';
import { parseAddress, type RefName, ref } from '@assay/protocol';
import { fromHex, toHex } from '@assay/ssz';
import { z } from 'zod';

/** A whole number in a range; `name` is what the person typed, `--limit`. */
export function wholeNumber(name: string, range: { readonly min: number; readonly max: number }) {
  const { min, max } = range;
  return z.string().transform((text, context) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    context.addIssue(`${name} takes a whole number from ${min} to ${max}, not "${text}".`);
    return z.NEVER;
  });
}

/** The index of a row that others name, or the number of a case; `name` is what the person typed, `--proposal`. */
export function refTo<Name extends RefName>(name: string, table: Name) {
  const type = ref(table);
  return z.string().transform((text, context) => {
    const index = type.read(text);
    if (index !== null) return index;
    context.addIssue(`${name} takes a whole number from 0 to ${type.max}, not "${text}".`);
    return z.NEVER;
  });
}

/** A decimal number in a range. */
export function decimalNumber(name: string, range: { readonly min: number; readonly max: number }) {
  const { min, max } = range;
  return z.string().transform((text, context) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    context.addIssue(`${name} takes a number from ${min} to ${max}, not "${text}".`);
    return z.NEVER;
  });
}

/** A task id: 32 bytes in hexadecimal, with or without `0x`; read as `0x…` in lower case. */
export const taskId = z.string().transform((text, context) => {
  const bytes = fromHex(text);
  if (bytes?.length === 32) return `0x${toHex(bytes)}`;
  context.addIssue(`"${text}" is no task id: 64 hexadecimal digits, as \`assay tasks\` lists them.`);
  return z.NEVER;
});

/** An account's address, `assay1…`. */
export const accountAddress = z.string().refine((text) => parseAddress(text) !== null, { error: mistyped });

/** An account's address, or the name of a key. */
export const accountName = z.string().refine((text) => !text.startsWith('assay1') || parseAddress(text) !== null, {
  error: mistyped,
});

function mistyped({ input }: { readonly input?: unknown }): string {
  return `"${String(input)}" is no address (assay1…), or was mistyped: its checksum is wrong.`;
}

/** An amount in units, as base units. */
export function units(name: string) {
  return z.string().transform((text, context) => {
    const baseUnits = parseUnits(text);
    if (baseUnits !== null) return baseUnits;
    context.addIssue(`${name} takes an amount in units up to 18446744073, with up to nine decimals, not "${text}".`);
    return z.NEVER;
  });
}
