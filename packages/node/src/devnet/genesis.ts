import { admissions, type Genesis, type Params } from '@assay/protocol';
import type { BlsSigner, Ed25519Signer } from '../crypto/signers.ts';

/** Base units in a unit (economics). */
const unit = 1_000_000_000n;
const units = (whole: number): bigint => BigInt(whole) * unit;
const text = (value: string) => new TextEncoder().encode(value);

/** How many of each role the default network runs; miners are a start option. */
export const committee = { mixers: 4, oracles: 3, validators: 3 } as const;
/** Tasks one of the default miners runs at once; all share one machine. */
export const concurrency = 2;
export const collateralUnits = units(1000);
export const sessionDepositUnits = units(1000);
export const maxTaskUnits = units(10);

/** Price of a prompt token and of an output token, base units. */
export const devnetPrices = { priceInUnits: unit / 10_000n, priceOutUnits: (unit * 3n) / 10_000n } as const;

/** Parameters of the default network: those of a public one, but for block time, epoch length and deadlines. */
export const devnetParams: Params = {
  blockTimeMs: 500,
  epochBlocks: 32,
  settlementRows: 10_000,
  receiptLifetimeBlocks: 1024,
  transactionFeeUnits: 1_000_000n,
  maxReassignments: 3,
  batchMs: 100,
  deadlines: {
    prepareMs: 2000,
    firstTokenMs: 30_000,
    generationMs: 30_000,
    generationPerTokenMs: 250,
    stallMs: 15_000,
    commitMs: 5000,
    lostMs: 500,
    oracleSlotMs: 500,
  },
  audit: {
    newMinerTasks: 50,
    floorPpb: 20_000_000,
    drawDelayBlocks: 2,
    commitBlocks: 120,
    revealBlocks: 20,
    openTokensPerValidator: 4096,
    positions: 64,
    minRoutingTrustPpb: 100_000_000,
    trustHalfLifeEpochs: 5400,
  },
  stake: {
    unbondingEpochs: 2,
    mixerMinUnits: units(10_000),
    oracleMinUnits: units(1000),
    validatorMinUnits: units(10_000),
    gatewayMinUnits: units(1000),
  },
  powerWorkPpb: 333_333_333,
  levels: { streak: 10, minRatePpb: 900_000_000, userLevel: 0, factorFloorPpb: 1_000_000_000 },
  domains: {
    creationFeeUnits: units(1000),
    minBurnBps: 100,
    maxBurnBps: 3000,
    noticeEpochs: 2,
    inferenceOnly: true,
  },
  models: {
    minDifficultyPpm: 100_000,
    maxDifficultyPpm: 100_000_000,
    maxT1ThresholdPpb: 100_000_000,
    panelSeats: 5,
    voteBlocks: 600,
    backersBps: 3000,
  },
  poi: { outlierPpb: 0 },
  background: { maxTokensPerEpoch: 0 },
  emissionPerDayUnits: units(410_900),
  emissionStages: [],
  halvingDays: 730,
  rewards: { period: 0, dayMs: 86_400_000, testPeriods: 0, securityBy: 0 },
  // Two years of epochs of 16 s.
  wash: { mintOfBurnBps: 9000, bootstrapPeriods: 3_942_000 },
  // An epoch is 16 s: more challenges would keep a laptop busy that is all of the network. One failure is enough, since
  // the honest fail none; the audits see a cheat sooner.
  challenges: { lambdaMilli: 250, alpha: 1, bandwidthCap: 125_000_000n },
  weak: { belowPpb: 0, reduceAfter: 1, factorPpb: 500_000_000, removeAfter: 0 },
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
  feedbackCapUnits: units(1000),
  vwuPerTokenIn: 1,
  vwuPerTokenOut: 3,
  importance: { backgroundPpb: 300_000_000, challengePpb: 100_000_000, trainingPpb: 300_000_000 },
  governance: {
    depositUnits: units(100),
    votingEpochs: 14,
    delayEpochs: 2,
    quorumPpb: 334_000_000,
    passPpb: 500_000_000,
    vetoPpb: 334_000_000,
  },
  cases: {
    foundationReview: true,
    foundation: [],
    foundationQuorum: 1,
    gainPpb: 600_000_000,
    factorPpb: 1_500_000_000,
    detectionPpb: 950_000_000,
    incidentCapPpb: 100_000_000,
    dailyCapPpb: 300_000_000,
    rewardPpb: 200_000_000,
    reviewEpochs: 14,
    appealEpochs: 24,
    appealBondUnits: units(100),
    breakerPpb: 50_000_000,
    breakerMinFailing: 3,
    ejectionSlashPpb: 100_000_000,
    ejectionReturnPpb: 1_000_000_000,
    offencePpb: 100_000_000,
    evidenceEpochs: 2,
    keepEpochs: 14,
  },
};

export interface DevnetKeys {
  account(name: string): Ed25519Signer;
  committee(name: string): BlsSigner;
}

/** A model as the default network registers it. */
export interface DevnetModel {
  readonly name: string;
  /** SHA-256 of the model file. */
  readonly fileHash: Uint8Array;
  readonly contextTokens: number;
  readonly t1ThresholdPpb: number;
}

export const names = {
  mixer: (i: number) => `mixer-${i + 1}`,
  oracle: (i: number) => `oracle-${i + 1}`,
  validator: (i: number) => `validator-${i + 1}`,
  miner: (i: number) => `miner-${i + 1}`,
  /** Owns a miner's collateral share, apart from its operator (E8). */
  owner: (i: number) => `owner-${i + 1}`,
  gateway: 'gateway-1',
  payer: 'payer',
  session: 'session',
  creator: 'creator',
  foundation: 'foundation',
} as const;

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Every key the default network needs, in the order they are made. */
export function keyNames(miners: number): { name: string; bls: boolean }[] {
  const plain = [
    ...range(committee.oracles).map(names.oracle),
    ...range(committee.validators).map(names.validator),
    ...range(miners).flatMap((i) => [names.miner(i), names.owner(i)]),
    names.gateway,
    names.payer,
    names.session,
    names.creator,
    names.foundation,
  ];
  const mixers = range(committee.mixers).map((i) => ({ name: names.mixer(i), bls: true }));
  return [...mixers, ...plain.map((name) => ({ name, bls: false }))];
}

/** What a miner's operator is given to begin with: collateral, registration fee, and some for transaction fees. */
export const minerFundsUnits = collateralUnits + units(20);

/** The genesis of a new default network. `timeMs`: Unix time of its beginning. */
export function devnetGenesis(
  keys: DevnetKeys,
  options: { model: DevnetModel; miners: number; timeMs: number; params?: Params },
): Genesis {
  const { model } = options;
  const role = (name: string, stakeUnits: bigint) => {
    const { publicKey, address } = keys.account(name);
    return { publicKey, operator: address, stakeUnits };
  };
  const funded = (name: string, balanceUnits: bigint) => ({ address: keys.account(name).address, balanceUnits });
  const params = options.params ?? devnetParams;
  const { cases } = params;
  const foundation = cases.foundation.length > 0 ? cases.foundation : [keys.account(names.foundation).address];
  return {
    chainId: text('assay-devnet'),
    timeMs: options.timeMs,
    params: { ...params, cases: { ...cases, foundation } },
    accounts: [
      funded(names.payer, units(1_000_000)),
      funded(names.foundation, units(10_000_000)),
      ...range(options.miners).map((i) => funded(names.miner(i), minerFundsUnits)),
    ],
    mixers: range(committee.mixers).map((i) => {
      const signer = keys.committee(names.mixer(i));
      return {
        publicKey: keys.account(names.mixer(i)).publicKey,
        blsPublicKey: signer.publicKey,
        possession: signer.possession(),
        stakeUnits: units(20_000),
      };
    }),
    oracles: range(committee.oracles).map((i) => role(names.oracle(i), units(2000))),
    validators: range(committee.validators).map((i) => role(names.validator(i), units(20_000))),
    gateways: [role(names.gateway, units(2000))],
    domains: [
      {
        name: text('inference'),
        owner: keys.account(names.foundation).address,
        burnBps: 500,
        processorsBps: 300,
        validatorsBps: 500,
        domainBps: 200,
        registrationFeeUnits: units(10),
        minCollateralUnits: collateralUnits,
        ...{ components: [], admission: admissions.open, userLevel: 0, inferenceOnly: false, washGuard: true },
      },
    ],
    models: [
      {
        name: text(model.name),
        domain: 0,
        creator: keys.account(names.creator).address,
        royaltyBps: 1000,
        fileHash: model.fileHash,
        contextTokens: model.contextTokens,
        ...devnetPrices,
        difficultyPpm: 1_000_000,
        t1ThresholdPpb: model.t1ThresholdPpb,
      },
    ],
  };
}
