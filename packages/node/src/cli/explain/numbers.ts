import { type OpinionBasis, opinionOf } from '@assay/ledger';
import { type AuditNumbers, findings } from '@assay/protocol';
import { flawWord, wordOf } from '../../http/node-api/json.ts';
import { ratio } from '../ratio.ts';

export const numberHead = ['T1', 'positions', 'argmax differs', 'choice differs', 'opinion'] as const;

/** What an auditor found, in cells under `numberHead`; what is wrong with the artifact instead of T1. */
export function numberCells(numbers: AuditNumbers, basis: OpinionBasis): string[] {
  const opinion = opinionOf(numbers, basis);
  const { finding, flaw, t1Ppb, positions, argmaxMismatches, choiceMismatches } = numbers;
  const found = [wordOf(findings, finding), flawWord(flaw)].filter((word) => word !== null).join(': ');
  if (finding !== findings.checked) return [found, '-', '-', '-', opinion];
  return [ratio(t1Ppb), String(positions), String(argmaxMismatches), String(choiceMismatches), opinion];
}
