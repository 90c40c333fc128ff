import { defaultParams, type Params, withParams } from '@assay/protocol';

/** Parameters of a world: short epochs, short waits. No gain, no fine: a test about cases says what cheating saves. */
export const worldParams: Params = withParams(defaultParams, {
  epochBlocks: 16,
  settlementRows: 100_000,
  receiptLifetimeBlocks: 8,
  transactionFeeUnits: 10n,
  batchMs: 250,
  deadlines: { prepareMs: 5000, lostMs: 2000, oracleSlotMs: 1000 },
  audit: {
    newMinerTasks: 2,
    commitBlocks: 3,
    revealBlocks: 2,
    openTokensPerValidator: 16_384,
    trustHalfLifeEpochs: 14,
  },
  stake: { mixerMinUnits: 800n, oracleMinUnits: 50n, validatorMinUnits: 400n, gatewayMinUnits: 50n },
  domains: { creationFeeUnits: 200n, inferenceOnly: false },
  models: { maxDifficultyPpm: 10_000_000, panelSeats: 3, voteBlocks: 4, backersBps: 4000 },
  emissionPerDayUnits: 86_400_000_000n,
  wash: { mintOfBurnBps: 0, bootstrapPeriods: 0 },
  feedbackCapUnits: 1000n,
  governance: { depositUnits: 500n, votingEpochs: 2, delayEpochs: 1 },
  cases: {
    foundationQuorum: 2,
    gainPpb: 0,
    reviewEpochs: 3,
    appealEpochs: 4,
    appealBondUnits: 70n,
    evidenceEpochs: 1,
    keepEpochs: 2,
  },
});
