import type { CapacityScore } from '@assay/protocol';

/** What challenges measured of a miner, and its stake: what no purchase moves. */
export type CapacityRaw = CapacityScore['raw'];
