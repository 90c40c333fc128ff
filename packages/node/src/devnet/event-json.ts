import type { EpochClose, LedgerEvent } from '@assay/ledger';
import { type AuditNumbers, addressText, findings, toHex } from '@assay/protocol';
import type { AuditNumbersJson, Epoch, Event } from '@assay/client';

export const hex = (bytes: Uint8Array): string => `0x${toHex(bytes)}`;

/** The name of a value in a table of numbers. */
export function nameOf<Name extends string>(table: Readonly<Record<Name, number>>, value: number): Name {
  const name = (Object.keys(table) as Name[]).find((key) => table[key] === value);
  if (name === undefined) throw new RangeError(`${value} is none of ${Object.keys(table).join(', ')}`);
  return name;
}

export function numbersJson(numbers: AuditNumbers): AuditNumbersJson {
  return { ...numbers, finding: nameOf(findings, numbers.finding) };
}

/** What an epoch paid, as the node API shows it. */
export function closeJson(close: EpochClose): Epoch {
  return jsonOf(close) as Epoch;
}

/** An event of the ledger, as the node API shows it. */
export function eventJson(event: LedgerEvent): Event {
  return jsonOf(event) as Event;
}

/** Amounts become digits, addresses `assay1…`, other bytes hexadecimal, audit numbers their named form. */
function jsonOf(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return value.length === 20 ? addressText(value) : hex(value);
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value !== 'object' || value === null) return value;
  if ('finding' in value) return numbersJson(value as AuditNumbers);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonOf(inner)]));
}
