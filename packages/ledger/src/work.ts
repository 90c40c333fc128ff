import { type ModelRow, type Params, type TaskRow, taskKinds } from '@assay/protocol';

const MILLION = 1_000_000n;
/** Importance of a kind of task, parts per million (economics §4.1). */
const IMPORTANCE_PPM: Readonly<Record<number, bigint>> = {
  [taskKinds.user]: 1_000_000n,
  [taskKinds.background]: 300_000n,
  [taskKinds.challenge]: 100_000n,
};

/**
 * Verified work units of a task: (tokensIn·wIn + tokensOut·wOut) × difficulty × importance, rounded down (economics
 * §4).
 */
export function workUnitsOf(
  params: Pick<Params, 'vwuPerTokenIn' | 'vwuPerTokenOut'>,
  model: Pick<ModelRow, 'difficultyPpm'>,
  { kind, tokensIn, tokensOut }: Pick<TaskRow, 'kind' | 'tokensIn' | 'tokensOut'>,
): bigint {
  const weighted = BigInt(tokensIn) * BigInt(params.vwuPerTokenIn) + BigInt(tokensOut) * BigInt(params.vwuPerTokenOut);
  return (weighted * BigInt(model.difficultyPpm) * (IMPORTANCE_PPM[kind] ?? 0n)) / (MILLION * MILLION);
}

/** API tokens a user paid for (E1): the tasks are the network's own to assign, since every receipt follows a draw. */
export function usageOf({
  kind,
  priceUnits,
  tokensIn,
  tokensOut,
}: Pick<TaskRow, 'kind' | 'priceUnits' | 'tokensIn' | 'tokensOut'>): bigint {
  return kind === taskKinds.user && priceUnits > 0n ? BigInt(tokensIn) + BigInt(tokensOut) : 0n;
}
