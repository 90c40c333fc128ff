import type { MinerRow, Params } from '@assay/protocol';
import { MAX_LEVEL, successRatePpb } from '../standing.ts';

type Level = Pick<MinerRow, 'level' | 'streak'>;
type Audited = Level & Pick<MinerRow, 'passedMicro' | 'failedMicro' | 'epochPassed' | 'epochFailed'>;

/** Raises or lowers a miner by this epoch's audits; its record is that after them (verification §4.4). */
export function updateLevel(row: Readonly<Audited>, { streak: needed, minRatePpb }: Params['levels']): Level {
  const { level, streak, epochPassed, epochFailed } = row;
  if (epochPassed + epochFailed === 0) return { level, streak };
  const lowered = Math.max(0, level - epochFailed);
  if (successRatePpb(row) < BigInt(minRatePpb)) return { level: lowered, streak };
  const steps = BigInt(streak) / BigInt(needed);
  return { level: Math.min(MAX_LEVEL, lowered + Number(steps)), streak: streak % needed };
}
