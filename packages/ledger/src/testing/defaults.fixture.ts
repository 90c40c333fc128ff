import type { BodyValues, Genesis } from '@assay/protocol';
import { littleEndian, sha256 } from '@assay/ssz';

/** The root of the n-th request. */
export const requestHashOf = (request: number) => sha256(littleEndian(request, 8));

/** What a miner says of itself. */
export const minerTerms: Omit<BodyValues['registerMiner'], 'owner' | 'publicKey'> = {
  domain: 0,
  models: [0],
  contextTokens: 2048,
  concurrency: 4,
  evidenceLevel: 2,
  engine: new Uint8Array(32).fill(3),
  hardware: { cpu: 'a processor', cores: 8, memoryGib: 32, gpu: '', gpuMemoryGib: 0 },
  collateralUnits: 1000n,
  split: { operatorBps: 5000, ownerBps: 3500, stakersBps: 1500 },
};

/** What the payer of a task signs of its length. */
export const taskBounds = { maxTokensIn: 64, maxTokensOut: 64 };

/** A session that asks for nothing special. */
export const sessionTerms: BodyValues['openSession'] = {
  sessionKey: new Uint8Array(32).fill(2),
  domain: 0,
  model: 0,
  homeMixer: 0,
  depositUnits: 100_000n,
  maxTaskUnits: 10_000n,
  expiryHeight: 100_000,
  redundancy: 1,
  isBackground: false,
  sharesPrompts: false,
  dedicatedMiners: [],
};

/** The one domain of a genesis, but for its owner. */
export const generalDomain = {
  name: 'general',
  burnBps: 500,
  processorsBps: 300,
  validatorsBps: 500,
  domainBps: 200,
  registrationFeeUnits: 50n,
  minCollateralUnits: 1000n,
  components: [],
  admission: 'open',
  userLevel: 0,
  inferenceOnly: false,
  washGuard: true,
} as const satisfies Partial<Genesis['domains'][number]>;

/** A model that asks for nothing special. */
export const modelTerms = {
  domain: 0,
  royaltyBps: 1000,
  manifestRoot: new Uint8Array(32),
  contextTokens: 2048,
  priceInUnits: 2n,
  priceOutUnits: 4n,
  difficultyPpm: 1_000_000,
  t1ThresholdPpb: 35_000_000,
};
