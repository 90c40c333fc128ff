import { type EmissionRate, type Params, rewardPeriods } from '@assay/protocol';
import type { LedgerView } from './view.ts';

/** A reward period that ends, before its revenue says what work may mint. */
export type EndingPeriod = Omit<EmissionRate, 'limitUnits'>;

/** Of the time since the block before, so many block times count for emission at most (economics §1.20). */
const countedBlockTimes = 2;

/** economics §1.20 A clock that jumps, or a network that stood still, mints no more than two block times a block. */
export function mintMsAfter({ params, globals }: Pick<LedgerView, 'params' | 'globals'>, timeMs: number): number {
  return globals.mintMs + Math.min(timeMs - globals.timeMs, countedBlockTimes * params.blockTimeMs);
}

/**
 * The reward period that ends with this epoch, and what it may mint; null while it goes on. An epoch is one, or a day
 * ends with the first epoch to end in a later one (economics §1.4). Several days that end at once are one period.
 */
export function endingPeriod({ params, globals }: Pick<LedgerView, 'params' | 'globals'>): EndingPeriod | null {
  const { period, periodStartMs, timeMs, genesisMs, mintMs } = globals;
  const { rewards, halvingDays } = params;
  const dayMs = BigInt(rewards.dayMs);
  const isDaily = rewards.period === rewardPeriods.day;
  const clock = (ms: number) => (isDaily ? (BigInt(ms) / dayMs) * dayMs : BigInt(ms));
  const passedMs = Number(clock(timeMs) - clock(periodStartMs));
  if (passedMs <= 0) return null;
  const forMs = Math.min(passedMs, mintMs);
  const elapsedMs = clock(periodStartMs) - clock(genesisMs);
  const halvings = halvingDays === 0 ? 0n : elapsedMs / (BigInt(halvingDays) * dayMs);
  const perDayUnits = scheduledUnits(params, period) >> halvings;
  return { period, forMs, perDayUnits, halvings: Number(halvings), isBootstrap: period < params.wash.bootstrapPeriods };
}

/** Units per day of the stage a period is in, before halving (economics §1.2). */
function scheduledUnits({ emissionPerDayUnits, emissionStages }: Params, period: number): bigint {
  const stage = emissionStages.findLast(({ fromPeriod }) => fromPeriod <= period);
  return stage?.perDayUnits ?? emissionPerDayUnits;
}

/** The epoch that a height is in (§2.1). */
export function epochOf(height: number, { epochBlocks }: Pick<Params, 'epochBlocks'>): number {
  const at = BigInt(height);
  const blocks = BigInt(epochBlocks);
  return Number(at / blocks);
}
