import { type Check, checksOf, type OpinionBasis } from '@assay/ledger';
import { type AuditNumbers, noProfile } from '@assay/protocol';
import { z } from 'zod';
import type { Step } from './explanation.ts';
import { ratio } from './ratio.ts';

export const CheckResult = z.object({
  check: z.enum(['distance', 'mismatches', 'pooledMismatches', 'surprise'] satisfies Check['check'][]),
  clause: z.string(),
  /** Of what the numbers are: T1 in parts per billion, positions, thousandths of a position, or of a nat. */
  unit: z.enum(['ppb', 'positions', 'milliPositions', 'milliNats']),
  value: z.int(),
  softAbove: z.int(),
  /** Null where nothing is hard by this alone. */
  hardAbove: z.int().nullable(),
  /** What is left to the limit; below zero it is soft at least. */
  margin: z.int(),
});
type CheckResult = z.infer<typeof CheckResult>;

const kinds = {
  distance: { title: 'T1', clause: '§10.4, verification §2.3', unit: 'ppb' },
  mismatches: { title: 'positions that differ', clause: '§10.12', unit: 'positions' },
  pooledMismatches: { title: 'the same, pooled', clause: 'verification §4.7', unit: 'milliPositions' },
  surprise: { title: 'surprise, pooled', clause: 'verification §3.5', unit: 'milliNats' },
} as const;

/** What one auditor's numbers were read against; nothing where it checked no output. */
export function checkResults(numbers: AuditNumbers, basis: OpinionBasis, isPlanted: boolean): CheckResult[] {
  if (numbers.finding !== 'checked') return [];
  return checksOf(numbers, basis).flatMap(({ check, value, softAbove, hardAbove }) => {
    const { clause, unit } = kinds[check];
    // §10.25 The distance of a planted answer is wrong on purpose; only another's chance has a surprise.
    const saysNothing = check === 'distance' ? isPlanted : check === 'surprise' && numbers.surprise.varianceMilli === 0;
    const read = check === 'distance' && numbers.profile !== noProfile ? `${clause}, §3.4` : clause;
    return saysNothing ? [] : [{ check, clause: read, unit, value, softAbove, hardAbove, margin: softAbove - value }];
  });
}

/** What one auditor revealed, and what it was read against. */
export interface Reading {
  readonly validator: number;
  readonly numbers: AuditNumbers;
  readonly basis: OpinionBasis;
}

/** Each check of each auditor, from the numbers that are revealed; none without any. */
export function checkStep(readings: readonly Reading[], isPlanted: boolean): Step[] {
  const rows = readings.flatMap(({ validator, numbers, basis }) =>
    checkResults(numbers, basis, isPlanted).map((result) => [String(validator), ...checkCells(result)]),
  );
  if (rows.length === 0) return [];
  return [
    {
      title: 'Each check against its limits: soft above the first mark, hard above the last where there is one',
      clause: '§10.4, §10.12, verification §3.5, §4.7',
      facts: [],
      table: { head: ['validator', ...checkHead], rows },
    },
  ];
}

const checkHead = ['check', 'clause', 'value', 'soft above', 'hard above', 'margin', 'value against limits'];

/** One check in cells under `checkHead`. */
function checkCells(result: CheckResult): string[] {
  const { check, clause, unit, value, softAbove, hardAbove, margin } = result;
  const amount = (number: number) => amounts[unit](number);
  const left = margin < 0 ? `-${amount(-margin)}` : amount(margin);
  const limits = [amount(softAbove), hardAbove === null ? '–' : amount(hardAbove)];
  return [kinds[check].title, clause, amount(value), ...limits, left, barOf(result)];
}

const thousandths = (number: number) => (number / 1000).toFixed(3);
const amounts: Readonly<Record<CheckResult['unit'], (number: number) => string>> = {
  ppb: ratio,
  positions: String,
  milliPositions: thousandths,
  milliNats: thousandths,
};

const barCells = 24;

/** The value as a bar that ends at the hard limit, or at twice the soft one, with a mark at each; `>` is beyond. */
function barOf({ value, softAbove, hardAbove }: CheckResult): string {
  const end = Math.max(hardAbove ?? 2 * softAbove, 1);
  const cellOf = (number: number) => Math.min(barCells, Math.round((barCells * number) / end));
  const soft = cellOf(softAbove);
  // What is above a limit by less than a cell shows it all the same, and what is not does not.
  const filled = value > softAbove ? Math.max(cellOf(value), soft + 1) : Math.min(cellOf(value), soft);
  const bar = '█'.repeat(filled).padEnd(barCells, '·');
  return `${bar.slice(0, soft)}│${bar.slice(soft, barCells)}${value > end ? '>' : '│'}`;
}
