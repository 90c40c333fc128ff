import type { MinerRow } from '@assay/protocol';
import { PPB } from '../integers.ts';
import type { LedgerEvent } from '../result.ts';
import type { LedgerState } from '../state.ts';
import { cappedTrust, keptPpb, trustPpbOf } from '../trust.ts';
import { weightOf } from '../weight.ts';

const MICRO = 1_000_000n;

/** Ages every miner's record, adds this epoch's audits and draws trust and routing weight from it (verification §4). */
export function updateTrust(state: LedgerState): LedgerEvent[] {
  const { trustHalfLifeEpochs } = state.params.audit;
  const kept = keptPpb(trustHalfLifeEpochs);
  const events: LedgerEvent[] = [];
  for (let miner = 0; miner < state.miners.length; miner++) {
    const row = state.miners.at(miner);
    if (!hasRecord(row)) continue;
    const passedMicro = aged(row.passedMicro, row.epochPassed, kept);
    const failedMicro = aged(row.failedMicro, row.epochFailed, kept);
    const trustPpb = cappedTrust(trustPpbOf(passedMicro, failedMicro), row.evidenceLevel);
    state.miners.update(miner, {
      passedMicro: Number(passedMicro),
      failedMicro: Number(failedMicro),
      trustPpb,
      weight: weightOf({ ...row, trustPpb }, state.params.audit),
    });
    if (trustPpb !== row.trustPpb) events.push({ type: 'trustChanged', miner, fromPpb: row.trustPpb, toPpb: trustPpb });
  }
  return events;
}

function hasRecord({ passedMicro, failedMicro, epochPassed, epochFailed }: Readonly<MinerRow>): boolean {
  return passedMicro + failedMicro + epochPassed + epochFailed > 0;
}

function aged(recordMicro: number, epochCount: number, kept: bigint): bigint {
  return (BigInt(recordMicro) * kept) / PPB + BigInt(epochCount) * MICRO;
}
