import {
  addressOf,
  consensusPossessionRoot,
  Genesis,
  limits,
  type MixerRow,
  type NoiseProfile,
  type Params,
  type PowerRow,
  possessionRoot,
  type RoleRow,
  resultCodes,
  rewardPeriods,
  type StateValue,
  securityWeights,
  type TableName,
  tableNames,
  type ValidatorRow,
} from '@assay/protocol';
import { encodeText, sha256 } from '@assay/ssz';
import { ALL_BPS, MAX_UNITS, PPB } from '../arithmetic/integers.ts';
import { epochBeaconOf } from '../draw/epoch-beacon.ts';
import { profileFlaw } from '../draw/profiles.ts';
import { domainRow, splitBps, termsCode, weightsBps } from '../stake/domains.ts';
import { modelRow, wholeOf } from '../stake/models.ts';
import { targetPowers } from '../stake/power.ts';
import { mixerRow, noEngine, roleRow } from '../state/roles.ts';
import { keyOf, LedgerState } from '../state/state.ts';
import type { Verifier } from '../state/verifier.ts';

type NoRows = { [Name in TableName]: [] };
type GenesisMixer = Genesis['mixers'][number];
type GenesisRole = Genesis['oracles'][number];
type GenesisValidator = Genesis['validators'][number];
type GenesisDomain = Genesis['domains'][number];
type GenesisModel = Genesis['models'][number];

/** The hash that names a chain: part of every signature (§1.2). */
export function genesisHash(genesis: Genesis): Uint8Array {
  return Genesis.hashTreeRoot(genesis);
}

/**
 * Checks that each mixer holds the BLS key it brings, and each validator its consensus key (§1.2); without it a mixer
 * could choose a key that cancels others'. Gives a sentence about the first that fails; null when all are good.
 */
export function checkPossessions({ mixers, validators }: Genesis, verifier: Verifier): string | null {
  const mixer = mixers.findIndex(
    ({ blsPublicKey, possession }) => !verifier.bls([blsPublicKey], possessionRoot(blsPublicKey), possession),
  );
  if (mixer >= 0) return `mixer ${mixer} does not prove possession of its BLS key`;
  const validator = validators.findIndex(({ publicKey, consensusKey, possession }) => {
    const root = consensusPossessionRoot(consensusKey, addressOf(publicKey));
    return !verifier.ed25519(consensusKey, root, possession);
  });
  return validator < 0 ? null : `validator ${validator} does not prove possession of its consensus key`;
}

/** The state before the first block. Throws an Error with a plain sentence when the genesis contradicts itself. */
export function stateOfGenesis(genesis: Genesis): LedgerState {
  const problem = problemOf(genesis);
  if (problem !== null) throw new Error(`The genesis cannot be used: ${problem}.`);
  const hash = genesisHash(genesis);
  const beacon = sha256(hash);
  const value: StateValue = {
    globals: {
      chainId: genesis.chainId,
      genesisHash: hash,
      genesisMs: genesis.timeMs,
      height: 0,
      timeMs: genesis.timeMs,
      epoch: 0,
      epochStartMs: genesis.timeMs,
      period: 0,
      periodStartMs: genesis.timeMs,
      mintMs: mintMsBefore(genesis),
      beacon,
      epochBeacon: epochBeaconOf(beacon, 0),
      reveals: 0,
      backgroundTokens: 0,
      openedCases: 0,
      rule: 1,
      nextRule: 0,
      nextRuleHeight: 0,
      genesisUnits: supplyOf(genesis),
      mintedUnits: 0n,
      burnedUnits: 0n,
      treasuryUnits: 0n,
      settledEpochs: 0,
      prunedEpochs: 0,
      settlingUnits: 0n,
    },
    params: genesis.params,
    ...(Object.fromEntries(tableNames.map((name) => [name, []])) as unknown as NoRows),
    accounts: genesis.accounts.map(({ address, balanceUnits }) => ({ address, balanceUnits, nonce: 0 })),
    mixers: genesis.mixers.map(genesisMixerRow),
    committees: [{ fromEpoch: 0, seats: genesis.mixers.map(({ blsPublicKey }, mixer) => ({ mixer, blsPublicKey })) }],
    oracles: genesis.oracles.map(genesisRoleRow),
    validators: genesis.validators.map(genesisValidatorRow),
    gateways: genesis.gateways.map((role) => ({ ...genesisRoleRow(role), netAddresses: [] })),
    powers: firstPowers(genesis),
    domains: genesis.domains.map(({ name, owner, ...terms }) => domainRow({ name, owner, terms }, 0)),
    holdings: genesis.models.map(({ creator }, model) => wholeOf(model, creator)),
    models: genesis.models.map((model) => modelRow(model, 'accepted')),
    profiles: genesis.profiles,
    books: [],
  };
  return new LedgerState(value);
}

function genesisMixerRow({ publicKey, blsPublicKey, stakeUnits }: GenesisMixer): MixerRow {
  const account = addressOf(publicKey);
  return mixerRow({ account, publicKey, operator: account, stakeUnits }, { height: 0, seenUntil: 1, blsPublicKey });
}

function genesisRoleRow({ publicKey, operator, stakeUnits }: GenesisRole): RoleRow {
  return roleRow({ account: addressOf(publicKey), publicKey, operator, stakeUnits }, { height: 0, seenUntil: 1 });
}

function genesisValidatorRow({ consensusKey, ...role }: GenesisValidator): ValidatorRow {
  return { ...genesisRoleRow(role), netAddresses: [], consensusKey, engine: noEngine };
}

/** economics §1.20 A first day that began late mints as a full one. */
function mintMsBefore({ timeMs, params: { rewards } }: Genesis): number {
  return rewards.period === rewardPeriods.day ? timeMs % rewards.dayMs : 0;
}

/** Nobody has worked yet: the first powers follow from stake alone (economics §8.1). */
function firstPowers({ validators }: Genesis): PowerRow[] {
  const contestants = validators.map(({ stakeUnits }) => ({ stakeUnits, work: 0n }));
  const none = { epochWork: 0n, recentWork: [], noResultsLeft: 0 };
  return targetPowers(contestants, 0n).map((power) => ({ powerPpb: Number(power), ...none }));
}

function supplyOf(genesis: Genesis): bigint {
  const { accounts, mixers, oracles, validators, gateways } = genesis;
  const balances = accounts.reduce((sum, account) => sum + account.balanceUnits, 0n);
  return [...mixers, ...oracles, ...validators, ...gateways].reduce((sum, role) => sum + role.stakeUnits, balances);
}

function problemOf(genesis: Genesis): string | null {
  const { accounts, mixers, oracles, validators, gateways, domains, models, profiles } = genesis;
  if (supplyOf(genesis) > MAX_UNITS) return 'the balances and stakes add up to more than 2^64 base units';
  if (mixers.length === 0) return 'there is no mixer, so nothing could ever be certified';
  // economics §8.4 Without power nobody could make a block.
  if (validators.every(({ stakeUnits }) => stakeUnits === 0n)) return 'no validator has a stake, so nobody has power';
  const listed: [string, readonly Uint8Array[]][] = [
    ['account', accounts.map((account) => account.address)],
    ['BLS key of a mixer', mixers.map((mixer) => mixer.blsPublicKey)],
    ['mixer', mixers.map((mixer) => mixer.publicKey)],
    ['oracle', oracles.map((role) => role.publicKey)],
    ['validator', validators.map((role) => role.publicKey)],
    ['consensus key of a validator', validators.map((role) => role.consensusKey)],
    ['gateway', gateways.map((role) => role.publicKey)],
    ['domain name', domains.map((domain) => encodeText(domain.name))],
    ['model name', models.map((model) => encodeText(model.name))],
    ['file of a model', models.map((model) => model.fileHash)],
  ];
  for (const [name, keys] of listed) {
    if (new Set(keys.map(keyOf)).size !== keys.length) return `one ${name} is listed twice`;
  }
  const checks = [
    problemOfParams(genesis.params),
    ...domains.map((domain, index) => problemOfDomain(domain, index, genesis.params)),
    ...models.map((model, index) => problemOfModel(model, index, genesis)),
    ...profiles.map((profile, index) => problemOfProfile(profile, index, genesis)),
  ];
  return checks.find((problem) => problem !== null) ?? null;
}

/** What a network could not work with; null when there is nothing. */
export function problemOfParams(all: Params): string | null {
  const { stacks, components, audit, domains, models, rewards, emissionStages, ...params } = all;
  const whole = ['blockTimeMs', 'epochBlocks', 'settlementRows', 'receiptLifetimeBlocks'] as const;
  const zero = whole.find((name) => params[name] === 0);
  if (zero !== undefined) return `params.${zero} must be above zero`;
  if (params.stake.unbondingEpochs === 0) return 'params.stake.unbondingEpochs must be above zero';
  if (params.levels.streak === 0) return 'params.levels.streak must be above zero';
  const counts = ['drawDelayBlocks', 'commitBlocks', 'revealBlocks', 'positions', 'trustHalfLifeEpochs'] as const;
  const none = counts.find((name) => audit[name] === 0);
  if (none !== undefined) return `params.audit.${none} must be above zero`;
  if (audit.minRoutingTrustPpb === 0 || BigInt(audit.minRoutingTrustPpb) >= PPB) {
    return 'params.audit.minRoutingTrustPpb must be from 1 to 999,999,999';
  }
  if (rewards.dayMs === 0) return 'params.rewards.dayMs must be above zero';
  if (rewards.period > rewardPeriods.day) return 'params.rewards.period must be 0 (epoch) or 1 (day)';
  if (rewards.securityBy > securityWeights.stake) return 'params.rewards.securityBy must be 0 (duties) or 1 (stake)';
  const isLate = emissionStages.some(({ fromPeriod }, i) => fromPeriod <= (emissionStages[i - 1]?.fromPeriod ?? 0));
  if (isLate) return 'params.emissionStages must begin after period 0 and each after the one before';
  if (params.cases.keepEpochs < params.cases.evidenceEpochs) {
    return 'params.cases.keepEpochs must be at least evidenceEpochs, or one offence could be fined twice';
  }
  const problem = problemOfShares(all) ?? problemOfDomainParams(domains) ?? problemOfModelParams(models);
  if (problem !== null) return problem;
  const stacksBps = sumBps(Object.values(stacks));
  if (stacksBps !== ALL_BPS) return `params.stacks add up to ${stacksBps} basis points instead of 10,000`;
  const componentsBps = weightsBps(components);
  if (componentsBps !== ALL_BPS) return `params.components add up to ${componentsBps} basis points instead of 10,000`;
  return null;
}

function problemOfShares({ powerWorkPpb, levels, audit, poi, importance }: Params): string | null {
  const shares = {
    powerWorkPpb,
    'levels.minRatePpb': levels.minRatePpb,
    'levels.factorFloorPpb': levels.factorFloorPpb,
    'audit.floorPpb': audit.floorPpb,
    'poi.outlierPpb': poi.outlierPpb,
    'importance.backgroundPpb': importance.backgroundPpb,
    'importance.challengePpb': importance.challengePpb,
    'importance.trainingPpb': importance.trainingPpb,
  };
  const [path] = Object.entries(shares).find(([, share]) => BigInt(share) > PPB) ?? [];
  return path === undefined ? null : `params.${path} must be at most 1,000,000,000`;
}

function problemOfDomainParams({ minBurnBps, maxBurnBps, noticeEpochs }: Params['domains']): string | null {
  if (noticeEpochs === 0) return 'params.domains.noticeEpochs must be above zero';
  if (maxBurnBps > ALL_BPS) return 'params.domains.maxBurnBps must be at most 10,000';
  return minBurnBps <= maxBurnBps ? null : 'params.domains.minBurnBps must be at most maxBurnBps';
}

function problemOfModelParams({ panelSeats, voteBlocks, backersBps, ...bounds }: Params['models']): string | null {
  if (panelSeats === 0 || panelSeats > limits.maxPanelSeats) {
    return `params.models.panelSeats must be from 1 to ${limits.maxPanelSeats}`;
  }
  if (backersBps > ALL_BPS) return 'params.models.backersBps must be at most 10,000';
  if (voteBlocks === 0) return 'params.models.voteBlocks must be above zero';
  if (bounds.minDifficultyPpm <= bounds.maxDifficultyPpm) return null;
  return 'params.models.minDifficultyPpm must be at most maxDifficultyPpm';
}

function problemOfDomain(domain: GenesisDomain, index: number, { domains }: Params): string | null {
  const code = termsCode(domain, domains, 0);
  return code === 'OK' ? null : `domain ${index} is refused: ${resultCodes[code].sentence.slice(0, -1)}`;
}

function problemOfModel(model: GenesisModel, index: number, { domains, params }: Genesis): string | null {
  const domain = domains[model.domain];
  if (domain === undefined) return `model ${index} names domain ${model.domain}, but there are ${domains.length}`;
  const bps = splitBps(domain, params.domains) + model.royaltyBps;
  if (bps > ALL_BPS) return `the royalty of model ${index} and its domain's splits add up to ${bps} basis points`;
  return null;
}

function problemOfProfile(profile: NoiseProfile, index: number, { models, params }: Genesis): string | null {
  if (models[profile.model] === undefined)
    return `noise profile ${index} names model ${profile.model}, which is not there`;
  if (profileFlaw(profile, params.models.maxT1ThresholdPpb) === null) return null;
  return `noise profile ${index} is refused: ${resultCodes.BAD_PROFILE.sentence.slice(0, -1)}`;
}

function sumBps(parts: readonly number[]): number {
  return parts.reduce((sum, part) => sum + part, 0);
}
