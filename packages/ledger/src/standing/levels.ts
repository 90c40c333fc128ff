import type { MinerRow, Params } from '@assay/protocol';
import { MAX_LEVEL, successRatePpb } from './standing.ts';

type Level = Pick<MinerRow, 'level' | 'streak'>;
type Record = Pick<MinerRow, 'passedMicro' | 'failedMicro'>;

/** Raises or lowers a miner by this epoch's audits; `record` is that with them (verification §4.4). */
export function updateLevel(
  { level, streak, epochPassed, epochFailed }: Readonly<MinerRow>,
  record: Readonly<Record>,
  { streak: needed, minRatePpb }: Params['levels'],
): Level {
  if (epochPassed + epochFailed === 0) return { level, streak };
  const lowered = Math.max(0, level - epochFailed);
  if (successRatePpb(record) < BigInt(minRatePpb)) return { level: lowered, streak };
  const steps = streak < needed ? 0n : BigInt(streak) / BigInt(needed);
  return { level: Math.min(MAX_LEVEL, lowered + Number(steps)), streak: streak % needed };
}
