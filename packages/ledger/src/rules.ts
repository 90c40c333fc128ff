/**
 * A numbered behaviour of the ledger and the height from which it holds. Chains replay under the rules of their time
 * (§2.4).
 */
export interface Rule {
  readonly number: number;
  readonly activationHeight: number;
  readonly change: string;
}

/**
 * Every change of behaviour, in order. A chain that was recorded under a rule must replay to the same roots for ever.
 */
export const rules: readonly Rule[] = [{ number: 1, activationHeight: 0, change: 'The first rules.' }];

/**
 * How far into an epoch batches of the epoch before are still taken (§7.3): what was signed at its end arrives late.
 */
export const EPOCH_GRACE_BLOCKS = 4;
