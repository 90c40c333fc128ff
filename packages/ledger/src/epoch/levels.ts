import type { MinerRow, Params } from '@assay/protocol';
import type { LedgerEvent } from '../result.ts';
import { MAX_LEVEL, successRatePpb } from '../standing.ts';
import type { LedgerState } from '../state.ts';

/** Raises and lowers miners by this epoch's audits, and starts their counts anew (verification §4.4). */
export function updateLevels(state: LedgerState): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (let miner = 0; miner < state.miners.length; miner++) {
    const row = state.miners.at(miner);
    if (row.epochPassed + row.epochFailed === 0) continue;
    const { level, streak } = levelAfter(row, state.params.levels);
    state.miners.update(miner, { level, streak, epochPassed: 0, epochFailed: 0 });
    if (level !== row.level) events.push({ type: 'levelChanged', miner, from: row.level, to: level });
  }
  return events;
}

function levelAfter(row: Readonly<MinerRow>, { streak: needed, minRatePpb }: Params['levels']) {
  const lowered = Math.max(0, row.level - row.epochFailed);
  if (successRatePpb(row) < BigInt(minRatePpb)) return { level: lowered, streak: row.streak };
  const steps = BigInt(row.streak) / BigInt(needed);
  return { level: Math.min(MAX_LEVEL, lowered + Number(steps)), streak: row.streak % needed };
}
