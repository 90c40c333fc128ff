import { limits, type MinerRow, type ModelRow, type Params, rewardPeriods } from '@assay/protocol';
import type { EmissionRate } from '../result.ts';
import type { LedgerState, LedgerView } from '../state.ts';
import type { Table } from '../table.ts';

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

const noWork = {
  epochVwu: 0n,
  epochTokens: 0n,
  epochTasks: 0,
  epochLatencyMicro: 0n,
  epochOutTokens: 0n,
  epochOutMs: 0n,
  forfeits: false,
};

/** Begins the next reward period: its counts start anew (economics §4.4). Those of the miners follow row by row. */
export function beginPeriod(state: LedgerState, { period, forMs }: EndingPeriod, { rewards }: Params): void {
  const { timeMs, mintMs } = state.globals;
  // A period has the number of days it minted for: a clock that jumps passes over no test and no stage.
  const dayMs = BigInt(rewards.dayMs);
  const days = rewards.period === rewardPeriods.day ? (BigInt(forMs) + dayMs - 1n) / dayMs : 1n;
  const next = Math.min(period + Math.max(Number(days), 1), limits.maxPeriods);
  state.setGlobals({ period: next, periodStartMs: timeMs, mintMs: mintMs - forMs });
  state.burns.retain(() => false);
  state.ratings.retain(() => false);
  resetWork(state.models);
  resetAudits(state.models);
  resetDuties(state.mixers);
  for (const roles of [state.oracles, state.validators, state.gateways]) resetDuties(roles);
}

/** What changes in a miner's row with the period: it keeps the trust it begins with (economics §4.4). */
export function nextPeriod(
  { periodTrustPpb, epochTasks, forfeits }: Readonly<MinerRow>,
  trustPpb: number,
): Partial<MinerRow> | null {
  const isSame = trustPpb === periodTrustPpb && epochTasks === 0 && !forfeits;
  return isSame ? null : { ...noWork, periodTrustPpb: trustPpb };
}

function resetWork<Row extends { epochVwu: bigint }>(table: Table<Row>): void {
  for (let index = 0; index < table.length; index++) {
    const row = table.at(index);
    if (row.epochVwu > 0n) table.set(index, { ...row, epochVwu: 0n });
  }
}

function resetAudits(models: Table<ModelRow>): void {
  for (let index = 0; index < models.length; index++) {
    const { epochPassed, epochFailed } = models.at(index);
    if (epochPassed + epochFailed > 0) models.update(index, { epochPassed: 0, epochFailed: 0 });
  }
}

function resetDuties<Row extends { epochDuties: number }>(table: Table<Row>): void {
  for (let index = 0; index < table.length; index++) {
    const row = table.at(index);
    if (row.epochDuties > 0) table.set(index, { ...row, epochDuties: 0 });
  }
}
