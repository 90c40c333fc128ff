import type { MinerRow } from '@assay/protocol';
import { PPB } from '../arithmetic/integers.ts';

/** Part of the availability that one epoch replaces: an eighth. */
const EPOCHS = 8n;

/**
 * An eighth of the way from a miner's availability to the part of this epoch's tasks it did in time; rounded up, so
 * that who is late no more comes back to all of it (verification §4.6).
 */
export function availabilityAfter({
  availabilityPpb,
  epochCertified,
  epochLate,
}: Pick<MinerRow, 'availabilityPpb' | 'epochCertified' | 'epochLate'>): number {
  const tasks = BigInt(epochCertified) + BigInt(epochLate);
  if (tasks === 0n) return availabilityPpb;
  const ratePpb = (BigInt(epochCertified) * PPB) / tasks;
  const sum = BigInt(availabilityPpb) * (EPOCHS - 1n) + ratePpb;
  return Number((sum + EPOCHS - 1n) / EPOCHS);
}
