import { littleEndian, sha256 } from '@assay/ssz';

/** The beacon an epoch draws with: SHA-256(beacon at its start ‖ epoch) (§9.1). */
export function epochBeaconOf(beacon: Uint8Array, epoch: number): Uint8Array {
  return sha256(beacon, littleEndian(epoch, 8));
}
