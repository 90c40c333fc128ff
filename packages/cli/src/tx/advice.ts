import type { EdgeCode, ResultCode } from '@assay/protocol';

type Code = ResultCode | EdgeCode;

const listOf = (what: string) => `\`assay list ${what}\` shows those there are.`;
const who = 'The key of --from signs; `assay keys` lists keys, and `assay list` shows who owns what.';

/** What a person may do after a refusal, where the sentence of its code leaves that open; `from` names the sender. */
const advice: Partial<Record<Code, (from: string) => string>> = {
  CANNOT_PAY_FEE: (from) => `\`assay tx transfer --from payer --to ${from} --amount 1\` gives it some.`,
  INSUFFICIENT_BALANCE: (from) => `\`assay balance ${from}\` shows how much.`,
  FEE_TOO_LOW: () => '`assay params show transactionFeeUnits` shows it.',
  STAKE_TOO_LOW: () => '`assay params show stake` shows the minima.',
  COLLATERAL_TOO_LOW: () => '`assay list domains` shows it.',
  NOT_OWNER: () => who,
  NOT_CREATOR: () => who,
  NOT_PAYER: () => who,
  NOT_FOUNDATION: () => '`assay params show cases.foundation` lists them.',
  UNKNOWN_CASE: () => '`assay case list` shows those there are.',
  UNKNOWN_PROPOSAL: () => '`assay gov list` shows those there are.',
  UNKNOWN_DOMAIN: () => listOf('domains'),
  UNKNOWN_MODEL: () => listOf('models'),
  UNKNOWN_MIXER: () => listOf('mixers'),
  UNKNOWN_SESSION: () => listOf('sessions'),
  UNKNOWN_ROLE: () => '`assay list miners`, `list validators` and so on show those there are.',
  UNKNOWN_TASK: () => 'A settled task leaves the chain after a while; `assay tasks` lists them.',
};

/** A sentence that goes on after the one of the code; empty where that says it all. */
export function adviceOn(code: string, from: string): string {
  const sentence = advice[code as Code]?.(from);
  return sentence === undefined ? '' : ` ${sentence}`;
}
