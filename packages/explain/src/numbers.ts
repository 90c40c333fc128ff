import { type OpinionBasis, opinionOf } from '@assay/ledger';
import type { AuditNumbers } from '@assay/protocol';
import { flawWord } from './json.ts';
import { ratio } from './ratio.ts';

export const numberHead = ['T1', 'positions', 'argmax differs', 'choice differs', 'opinion'] as const;

/** What an auditor found, in cells under `numberHead`; what is wrong with the artifact instead of T1. */
export function numberCells(numbers: AuditNumbers, basis: OpinionBasis): string[] {
  const opinion = opinionOf(numbers, basis);
  const { finding, flaw, t1Ppb, positions, argmaxMismatches, choiceMismatches } = numbers;
  const found = [finding, flawWord(flaw)].filter((word) => word !== null).join(': ');
  if (finding !== 'checked') return [found, '-', '-', '-', opinion];
  return [ratio(t1Ppb), String(positions), String(argmaxMismatches), String(choiceMismatches), opinion];
}
