import { challengesOwed } from '@assay/ledger';
import type { RandomStream } from '@assay/roles/ports/runtime';
import { type JusticeRule, justiceErrors } from './escape.ts';
import { type Rate, rateOf } from './interval.ts';

/** Both errors for one limit of failures: counted over epochs, and by the formula. */
export interface CurvePoint {
  readonly alpha: number;
  readonly escapes: Rate;
  readonly honestPunished: Rate;
  readonly formula: { readonly escapes: number; readonly honestPunished: number };
}

/**
 * Epochs in which the ledger draws how many challenges a mixer owes (§8.1), of which a cheat passes τ and an honest
 * miner fails f; how often each stays below, or reaches, each number of failures.
 */
export function errorCurves(
  rule: Omit<JusticeRule, 'alpha'>,
  { epochs, mostAlpha, random }: { readonly epochs: number; readonly mostAlpha: number; readonly random: RandomStream },
): CurvePoint[] {
  const cheat = new Array<number>(mostAlpha + 1).fill(0);
  const honest = new Array<number>(mostAlpha + 1).fill(0);
  const note = (counts: number[], failures: number) => {
    const at = Math.min(failures, mostAlpha);
    counts[at] = (counts[at] ?? 0) + 1;
  };
  for (let epoch = 0; epoch < epochs; epoch++) {
    const owed = challengesOwed(random.bytes(32), rule.lambda * 1000);
    note(cheat, failuresOf(owed, 1 - rule.tau, random));
    note(honest, failuresOf(owed, rule.f, random));
  }
  const below = (counts: readonly number[], alpha: number) =>
    counts.slice(0, alpha).reduce((sum, each) => sum + each, 0);
  return Array.from({ length: mostAlpha }, (_, i) => {
    const alpha = i + 1;
    return {
      alpha,
      escapes: rateOf(below(cheat, alpha), epochs),
      honestPunished: rateOf(epochs - below(honest, alpha), epochs),
      formula: justiceErrors({ ...rule, alpha }),
    };
  });
}

function failuresOf(challenges: number, chance: number, random: RandomStream): number {
  let failures = 0;
  for (let i = 0; i < challenges; i++) failures += Number(random.int(1_000_000_000) < chance * 1e9);
  return failures;
}
