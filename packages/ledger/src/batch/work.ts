import type { ModelRow, Params, SessionRow, TaskKind, TaskRow } from '@assay/protocol';
import { PPB } from '../arithmetic/integers.ts';

const MILLION = 1_000_000n;

/** What work of a kind counts for, of a user's own one (economics §4.1). */
function importancePpb({ importance }: Pick<Params, 'importance'>, kind: TaskKind): bigint {
  const { backgroundPpb, challengePpb, trainingPpb } = importance;
  if (kind === 'user') return PPB;
  if (kind === 'background') return BigInt(backgroundPpb);
  if (kind === 'challenge') return BigInt(challengePpb);
  return BigInt(trainingPpb);
}

/**
 * Verified work units of a task: (tokensIn·wIn + tokensOut·wOut) × difficulty × importance, rounded down (economics
 * §4).
 */
export function workUnitsOf(
  params: Pick<Params, 'vwuPerTokenIn' | 'vwuPerTokenOut' | 'importance'>,
  model: Pick<ModelRow, 'difficultyPpm'>,
  { kind, tokensIn, tokensOut }: Pick<TaskRow, 'kind' | 'tokensIn' | 'tokensOut'>,
): bigint {
  const weighted = BigInt(tokensIn) * BigInt(params.vwuPerTokenIn) + BigInt(tokensOut) * BigInt(params.vwuPerTokenOut);
  return (weighted * BigInt(model.difficultyPpm) * importancePpb(params, kind)) / (MILLION * PPB);
}

/**
 * Whether a task counts in emission, trust and ratings as the network's choice: its miner was drawn from all who could
 * serve it, neither among those a payer named nor at a rank that its mixer picked (economics §7.3, F14).
 */
export function isAssigned(
  { isDrawn }: Pick<TaskRow, 'isDrawn'>,
  { dedicatedMiners }: Pick<SessionRow, 'dedicatedMiners'>,
): boolean {
  return isDrawn && dedicatedMiners.length === 0;
}

/** API tokens a user paid for (E1): the tasks are the network's own to assign, since every receipt follows a draw. */
export function usageOf({
  kind,
  priceUnits,
  tokensIn,
  tokensOut,
}: Pick<TaskRow, 'kind' | 'priceUnits' | 'tokensIn' | 'tokensOut'>): bigint {
  return kind === 'user' && priceUnits > 0n ? BigInt(tokensIn) + BigInt(tokensOut) : 0n;
}

/** First tokens up to the first of these count fully, from the second on not at all, milliseconds (economics §4). */
const FULL_LATENCY_MS = 50n;
const NO_LATENCY_MS = 2000n;

/** The latency score of a task, millionths: one up to 50 ms, falling in a straight line to zero at 2,000 ms. */
export function latencyMicroOf(firstTokenMs: number): bigint {
  const ms = BigInt(firstTokenMs);
  if (ms <= FULL_LATENCY_MS) return MILLION;
  return ms >= NO_LATENCY_MS ? 0n : ((NO_LATENCY_MS - ms) * MILLION) / (NO_LATENCY_MS - FULL_LATENCY_MS);
}

/** Output tokens after the first and the milliseconds they took: an answer of one token measures no speed. */
export function speedOf({
  tokensOut,
  firstTokenMs,
  totalMs,
}: Pick<TaskRow, 'tokensOut' | 'firstTokenMs' | 'totalMs'>): {
  readonly tokens: bigint;
  readonly ms: bigint;
} {
  if (tokensOut < 2) return { tokens: 0n, ms: 0n };
  return { tokens: BigInt(tokensOut - 1), ms: BigInt(Math.max(totalMs - firstTokenMs, 1)) };
}
