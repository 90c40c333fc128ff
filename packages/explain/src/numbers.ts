import { type OpinionBasis, opinionOf } from '@assay/ledger';
import type { AuditNumbers } from '@assay/protocol';
import { flawWord } from './json.ts';
import { ratio } from './ratio.ts';

export const numberHead = [
  'T1',
  'limit',
  'positions',
  'argmax differs',
  'choice differs',
  'surprise',
  'expected',
  'opinion',
] as const;

/** What an auditor found, in cells under `numberHead`; what is wrong with the artifact instead of T1. */
export function numberCells(numbers: AuditNumbers, basis: OpinionBasis): string[] {
  const opinion = opinionOf(numbers, basis);
  const { finding, flaw, t1Ppb, positions, argmaxMismatches, choiceMismatches, surprise } = numbers;
  const found = [finding, flawWord(flaw)].filter((word) => word !== null).join(': ');
  if (finding !== 'checked') return [found, ...numberHead.slice(2).map(() => '-'), opinion];
  const counts = [positions, argmaxMismatches, choiceMismatches].map(String);
  const nats = [surprise.surpriseMilli, surprise.expectedMilli].map((milli) => (milli / 1000).toFixed(1));
  const surprises = surprise.varianceMilli === 0 ? ['-', '-'] : nats;
  return [ratio(t1Ppb), ratio(basis.t1ThresholdPpb), ...counts, ...surprises, opinion];
}
