import type { Params } from '@assay/protocol';

const shares = { quorumPpb: 334_000_000, passPpb: 500_000_000, vetoPpb: 334_000_000 };

/** Parameters of a world: short epochs, short waits. */
export const worldParams: Params = {
  blockTimeMs: 500,
  epochBlocks: 16,
  receiptLifetimeBlocks: 8,
  transactionFeeUnits: 10n,
  maxReassignments: 3,
  batchMs: 250,
  deadlines: {
    prepareMs: 5000,
    firstTokenMs: 30_000,
    generationMs: 30_000,
    generationPerTokenMs: 250,
    commitMs: 5000,
    lostMs: 2000,
    oracleSlotMs: 1000,
  },
  audit: {
    newMinerTasks: 2,
    floorPpb: 20_000_000,
    drawDelayBlocks: 2,
    commitBlocks: 3,
    revealBlocks: 2,
    positions: 64,
    minRoutingTrustPpb: 100_000_000,
    trustHalfLifeEpochs: 14,
  },
  stake: {
    unbondingEpochs: 2,
    mixerMinUnits: 800n,
    oracleMinUnits: 50n,
    validatorMinUnits: 400n,
    gatewayMinUnits: 50n,
  },
  levels: { streak: 10, minRatePpb: 900_000_000, userLevel: 0, factorFloorPpb: 1_000_000_000 },
  emissionPerDayUnits: 86_400_000_000n,
  emissionStages: [],
  halvingDays: 730,
  rewards: { period: 0, dayMs: 86_400_000, testPeriods: 0, securityBy: 0 },
  stacks: { minersBps: 6000, securityBps: 2000, creatorsBps: 1000, gatewaysBps: 500, treasuryBps: 500 },
  components: {
    usageBps: 0,
    stakeBps: 1000,
    hashRateBps: 0,
    feedbackBps: 1000,
    vwuBps: 5000,
    bandwidthBps: 500,
    computeBps: 2000,
    latencyBps: 500,
    performanceBps: 0,
  },
  vwuPerTokenIn: 1,
  vwuPerTokenOut: 3,
  governance: { depositUnits: 500n, votingEpochs: 2, delayEpochs: 1, ...shares },
};
