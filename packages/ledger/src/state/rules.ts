import type { LedgerState } from './state.ts';

/** A numbered behaviour of the ledger. Chains replay under the rules of their time (§2.4). */
export interface Rule {
  readonly number: number;
  readonly change: string;
}

/**
 * Every change of behaviour, in order. The first holds from the genesis, each later one from the height that a vote of
 * the chain gives it. A chain that was recorded under a rule must replay to the same roots for ever.
 */
export const rules: readonly Rule[] = [{ number: 1, change: 'The first rules.' }];

/** The next block is made under rules this version does not know: it must not be applied (§2.4). */
export class UnknownRuleError extends Error {
  override readonly name = 'UnknownRuleError';
}

/** §2.4 Puts the rule in force that a vote gave this height; throws before anything changed when it is not known. */
export function enterRule(state: LedgerState, height: number): void {
  const { nextRule, nextRuleHeight } = state.globals;
  if (nextRule === 0 || height < nextRuleHeight) return;
  if (nextRule > rules.length) {
    const known = `this version knows rules up to ${rules.length}`;
    throw new UnknownRuleError(`From block ${nextRuleHeight} on rule ${nextRule} holds, by a vote; ${known}.`);
  }
  state.setGlobals({ rule: nextRule, nextRule: 0, nextRuleHeight: 0 });
}

/**
 * How far into an epoch batches of the epoch before are still taken (§7.3): what was signed at its end arrives late.
 */
export const EPOCH_GRACE_BLOCKS = 4;
