import { z } from 'zod';
import { address, blsPublicKey, bps, bytes32, count, ppb, signature96, units } from './scalars.ts';

const deadlines = z.object({
  prepareMs: count,
  firstTokenMs: count,
  generationMs: count,
  generationPerTokenMs: count,
  stallMs: count,
  commitMs: count,
  lostMs: count,
  oracleSlotMs: count,
});
const auditParams = z.object({
  newMinerTasks: count,
  floorPpb: ppb,
  drawDelayBlocks: count,
  commitBlocks: count,
  revealBlocks: count,
  openTokensPerValidator: count,
  positions: count,
  minRoutingTrustPpb: ppb,
  trustHalfLifeEpochs: count,
});
const stakeParams = z.object({
  unbondingEpochs: count,
  mixerMinUnits: units,
  oracleMinUnits: units,
  validatorMinUnits: units,
  gatewayMinUnits: units,
});
const levels = z.object({ streak: count, minRatePpb: ppb, userLevel: count, factorFloorPpb: ppb });
const domainParams = z.object({
  creationFeeUnits: units,
  minBurnBps: bps,
  maxBurnBps: bps,
  noticeEpochs: count,
  inferenceOnly: z.boolean(),
});
const modelParams = z.object({
  minDifficultyPpm: count,
  maxDifficultyPpm: count,
  maxT1ThresholdPpb: ppb,
  panelSeats: count,
  voteBlocks: count,
  backersBps: bps,
});
const stacks = z.object({ minersBps: bps, securityBps: bps, creatorsBps: bps, gatewaysBps: bps, treasuryBps: bps });
const components = z.object({
  usageBps: bps,
  stakeBps: bps,
  hashRateBps: bps,
  feedbackBps: bps,
  vwuBps: bps,
  bandwidthBps: bps,
  computeBps: bps,
  latencyBps: bps,
  performanceBps: bps,
});
const governance = z.object({
  depositUnits: units,
  votingEpochs: count,
  delayEpochs: count,
  quorumPpb: ppb,
  passPpb: ppb,
  vetoPpb: ppb,
});
const cases = z.object({
  foundationReview: z.boolean(),
  foundation: z.array(address),
  foundationQuorum: count,
  gainPpb: ppb,
  factorPpb: count,
  detectionPpb: ppb,
  incidentCapPpb: ppb,
  dailyCapPpb: ppb,
  rewardPpb: ppb,
  reviewEpochs: count,
  appealEpochs: count,
  appealBondUnits: units,
  breakerPpb: ppb,
  breakerMinFailing: count,
  ejectionSlashPpb: ppb,
  ejectionReturnPpb: ppb,
  offencePpb: ppb,
  evidenceEpochs: count,
  keepEpochs: count,
});
/** The parameters of a network, as the genesis file has them. */
export const ParamsJson = z.object({
  blockTimeMs: count,
  epochBlocks: count,
  settlementRows: count,
  receiptLifetimeBlocks: count,
  transactionFeeUnits: units,
  maxReassignments: count,
  batchMs: count,
  deadlines,
  audit: auditParams,
  stake: stakeParams,
  levels,
  domains: domainParams,
  models: modelParams,
  poi: z.object({ outlierPpb: ppb }),
  background: z.object({ maxTokensPerEpoch: count }),
  powerWorkPpb: ppb,
  emissionPerDayUnits: units,
  emissionStages: z.array(z.object({ fromPeriod: count, perDayUnits: units })),
  halvingDays: count,
  rewards: z.object({ period: count, dayMs: count, testPeriods: count, securityBy: count }),
  wash: z.object({ mintOfBurnBps: bps, bootstrapPeriods: count }),
  challenges: z.object({ lambdaMilli: count, alpha: count, bandwidthCap: units }),
  weak: z.object({ belowPpb: ppb, reduceAfter: count, factorPpb: ppb, removeAfter: count }),
  stacks,
  components,
  feedbackCapUnits: units,
  vwuPerTokenIn: count,
  vwuPerTokenOut: count,
  importance: z.object({ backgroundPpb: ppb, challengePpb: ppb, trainingPpb: ppb }),
  governance,
  cases,
});
/** What a reward period could mint when an epoch's end paid it; the epoch has null while its period goes on. */
export const EmissionRate = z.object({
  period: count,
  forMs: count,
  perDayUnits: units,
  halvings: count,
  limitUnits: units.nullable(),
  isBootstrap: z.boolean(),
});
const genesisRole = z.object({ publicKey: bytes32, operator: address, stakeUnits: units });
export const termsFields = {
  burnBps: bps,
  processorsBps: bps,
  validatorsBps: bps,
  domainBps: bps,
  registrationFeeUnits: units,
  minCollateralUnits: units,
  /** Its own weights of the competition; those of the network while it is empty. */
  components: z.array(components),
  /** 0: open; 1: those whom the owner admitted. */
  admission: count,
  userLevel: count,
  inferenceOnly: z.boolean(),
  washGuard: z.boolean(),
};
export const modelFields = {
  name: z.string(),
  domain: count,
  creator: address,
  royaltyBps: bps,
  fileHash: bytes32,
  contextTokens: count,
  priceInUnits: units,
  priceOutUnits: units,
  difficultyPpm: count,
  t1ThresholdPpb: ppb,
};

/** The genesis file; its tree root is the chain's genesis hash. */
export const GenesisJson = z.object({
  chainId: z.string(),
  timeMs: count,
  params: ParamsJson,
  accounts: z.array(z.object({ address, balanceUnits: units })),
  mixers: z.array(z.object({ publicKey: bytes32, blsPublicKey, possession: signature96, stakeUnits: units })),
  oracles: z.array(genesisRole),
  validators: z.array(genesisRole),
  gateways: z.array(genesisRole),
  domains: z.array(z.object({ name: z.string(), owner: address, ...termsFields })),
  models: z.array(z.object(modelFields)),
});
export type ParamsJson = z.infer<typeof ParamsJson>;
export type GenesisJson = z.infer<typeof GenesisJson>;
