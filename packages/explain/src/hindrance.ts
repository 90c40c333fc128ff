import { type Hindrance, formatUnits as units } from '@assay/client';
import { isUndecided, type LedgerView } from '@assay/ledger';
import type { RoleStatus, StakeKind } from '@assay/protocol';
import { caseCure, caseSentence } from './case-words.ts';
import { openCaseJson } from './json.ts';

type Check = readonly [isSo: boolean, code: Hindrance['code'], sentence: string, cure: string | null];

/** Those that are so, in their order. */
export const holding = (checks: readonly Check[]): Hindrance[] =>
  checks.flatMap(([isSo, code, sentence, cure]) => (isSo ? [{ code, sentence, cure }] : []));

/** What keeps a role of any kind from all work: how it stands. */
export function ofStatus(kind: string, index: number, { status }: { readonly status: RoleStatus }): Hindrance[] {
  const goOn = `\`assay tx setRoleStatus --kind ${kind} --role ${index} --status active\` lets it go on.`;
  const isGone = status === 'ejected' || status === 'banned' || status === 'deregistered';
  return holding([
    [status === 'paused', 'paused', 'It is paused.', goOn],
    [status === 'held', 'held', 'A case about its ejection is open.', '`assay case list --open` shows it.'],
    [isGone, 'gone', `This ${kind} is ${status}.`, 'Register another one.'],
  ]);
}

/** The undecided cases against its stake, each with what its owner can do. */
export function ofCases(head: LedgerView, kind: StakeKind, index: number): Hindrance[] {
  const open = [...head.cases].filter((row) => row.kind === kind && row.role === index && isUndecided(row));
  return open.map((row) => {
    const json = openCaseJson(head, row);
    return { code: 'caseOpen', sentence: `${caseSentence(json)}.`, cure: caseCure(json) };
  });
}

/** What is said of a deposit that is below the least. */
export function tooLow(what: string, has: bigint, least: bigint): [sentence: string, cure: string] {
  return [`Its ${what} is ${units(has)} units, and the least is ${units(least)}.`, '`assay tx bond` adds to it.'];
}
