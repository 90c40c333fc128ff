import { type Event, formatUnits } from '@assay/client';

/** Events in lines: the type, then every value by its name, amounts in units. */
export function eventLines(events: readonly Event[]): string[] {
  return events.map(({ type, ...values }) => {
    const pairs = Object.entries(values).map(([name, value]) => pairOf(name, value));
    return `  ${[`${type}:`, ...pairs].join(' ')}`;
  });
}

function pairOf(name: string, value: unknown): string {
  const isAmount = name.toLowerCase().endsWith('units');
  const plain = isAmount ? name.replace(/Units$/, '') : name;
  if (value === null) return `${plain} none`;
  if (isAmount && typeof value === 'string') return `${plain} ${formatUnits(BigInt(value))}`;
  return `${name} ${textOf(value)}`;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([name, member]) => pairOf(name, member))
    .join(' ')}}`;
}
