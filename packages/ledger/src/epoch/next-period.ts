import { limits, type ModelRow, type Params, rewardPeriods } from '@assay/protocol';
import type { EndingPeriod } from '../state/period.ts';
import type { LedgerState } from '../state/state.ts';
import type { Table } from '../state/table.ts';

/** Begins the next reward period, its counts at zero (economics §4.4). Those of the miners follow row by row. */
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
  resetDuties(state.oracles);
  resetDuties(state.validators);
  resetDuties(state.gateways);
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
