import { limits, type MinerRow } from '@assay/protocol';
import { capped, PPB } from '../arithmetic/integers.ts';
import { ONE_AUDIT_MICRO } from './standing.ts';
import { cappedTrust, trustPpbOf } from './trust.ts';

type Record = Pick<MinerRow, 'passedMicro' | 'failedMicro' | 'trustPpb'>;
type Audited = Record & Pick<MinerRow, 'epochPassed' | 'epochFailed' | 'evidenceLevel'>;

/** Ages a miner's record, adds this epoch's audits and draws its trust from it (verification §4). */
export function updateTrust(row: Readonly<Audited>, keptPpb: bigint): Record {
  const { passedMicro, failedMicro, trustPpb, epochPassed, epochFailed, evidenceLevel } = row;
  if (passedMicro + failedMicro + epochPassed + epochFailed === 0) return { passedMicro, failedMicro, trustPpb };
  const passed = aged(passedMicro, epochPassed, keptPpb);
  const failed = aged(failedMicro, epochFailed, keptPpb);
  return {
    passedMicro: Number(passed),
    failedMicro: Number(failed),
    trustPpb: cappedTrust(trustPpbOf(passed, failed), evidenceLevel),
  };
}

function aged(recordMicro: number, epochCount: number, keptPpb: bigint): bigint {
  const added = BigInt(epochCount) * BigInt(ONE_AUDIT_MICRO);
  return capped((BigInt(recordMicro) * keptPpb) / PPB + added, BigInt(limits.maxCount)); // §2.11
}
