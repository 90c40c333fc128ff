import { Params } from './genesis.ts';
import { limits } from './limits.ts';

/**
 * Smallest and largest value a vote may set; null for what must stay as the genesis has it (§12.2). A list has no
 * bounds but those of its type.
 */
type Bounds = readonly [min: bigint, max: bigint] | 'list' | null;

/** The paths of the single values inside `Value`: `audit.floorPpb`. */
type PathOf<Value> = {
  [Key in keyof Value & string]: Value[Key] extends number | bigint | boolean | Uint8Array | readonly unknown[]
    ? Key
    : `${Key}.${PathOf<Value[Key]>}`;
}[keyof Value & string];
export type ParameterPath = PathOf<Params>;

const PPB = 1_000_000_000n;
const BPS = 10_000n;
const DAY_MS = 86_400_000n;
const MAX_UNITS = (1n << 64n) - 1n;
const ppb: Bounds = [0n, PPB];
const bps: Bounds = [0n, BPS];
const waitMs: Bounds = [10n, 600_000n];

/** What a vote may set each parameter to (§12.2). */
export const parameterBounds: Readonly<Record<ParameterPath, Bounds>> = {
  blockTimeMs: [10n, DAY_MS],
  // Epoch e is a range of heights (§2.1): another length would give two epochs the same heights.
  epochBlocks: null,
  settlementRows: [1n, 100_000_000n],
  receiptLifetimeBlocks: [2n, 1_000_000n],
  transactionFeeUnits: [0n, 1_000_000_000_000n],
  maxReassignments: [0n, 100n],
  batchMs: waitMs,
  'deadlines.prepareMs': waitMs,
  'deadlines.firstTokenMs': waitMs,
  'deadlines.generationMs': waitMs,
  'deadlines.generationPerTokenMs': [1n, 60_000n],
  'deadlines.stallMs': waitMs,
  'deadlines.commitMs': waitMs,
  'deadlines.lostMs': waitMs,
  'deadlines.oracleSlotMs': waitMs,
  'audit.newMinerTasks': [0n, 1_000_000n],
  'audit.floorPpb': [1_000_000n, PPB],
  'audit.drawDelayBlocks': [1n, 1000n],
  'audit.commitBlocks': [1n, 10_000n],
  'audit.revealBlocks': [1n, 10_000n],
  'audit.openTokensPerValidator': [1n, 1_000_000_000n],
  // Numbers are committed to under one value and revealed under the next (§10.3): honest auditors would be refused.
  'audit.positions': null,
  'audit.minRoutingTrustPpb': [1n, PPB - 1n],
  'audit.trustHalfLifeEpochs': [1n, 1_000_000n],
  'stake.unbondingEpochs': [1n, 10_000n],
  'stake.mixerMinUnits': [0n, MAX_UNITS],
  'stake.oracleMinUnits': [0n, MAX_UNITS],
  'stake.validatorMinUnits': [0n, MAX_UNITS],
  'stake.gatewayMinUnits': [0n, MAX_UNITS],
  powerWorkPpb: ppb,
  'levels.streak': [1n, 65_535n],
  'levels.minRatePpb': ppb,
  'levels.userLevel': [0n, 10n],
  'levels.factorFloorPpb': ppb,
  'domains.creationFeeUnits': [0n, MAX_UNITS],
  'domains.minBurnBps': bps,
  'domains.maxBurnBps': bps,
  'domains.noticeEpochs': [1n, 10_000n],
  'domains.inferenceOnly': [0n, 1n],
  'models.minDifficultyPpm': [1n, 1_000_000_000n],
  'models.maxDifficultyPpm': [1n, 1_000_000_000n],
  'models.maxT1ThresholdPpb': ppb,
  'models.panelSeats': [1n, BigInt(limits.maxPanelSeats)],
  'models.voteBlocks': [1n, 65_535n],
  'models.backersBps': bps,
  'poi.outlierPpb': ppb,
  'background.maxTokensPerEpoch': [0n, 1_000_000_000_000n],
  emissionPerDayUnits: [0n, MAX_UNITS],
  emissionStages: 'list',
  halvingDays: [0n, 100_000n],
  // A period that began under one rule must end under it.
  'rewards.period': null,
  'rewards.dayMs': null,
  'rewards.testPeriods': [0n, 10_000n],
  'rewards.securityBy': [0n, 1n],
  'wash.bootstrapPeriods': [0n, BigInt(limits.maxPeriods)],
  'wash.mintOfBurnBps': bps,
  'challenges.lambdaMilli': [0n, 20_000n],
  'challenges.alpha': [1n, BigInt(limits.maxChallenges)],
  'challenges.bandwidthCap': [0n, MAX_UNITS],
  'weak.belowPpb': ppb,
  'weak.reduceAfter': [1n, 10_000n],
  'weak.factorPpb': ppb,
  'weak.removeAfter': [0n, 10_000n],
  'stacks.minersBps': bps,
  'stacks.securityBps': bps,
  'stacks.creatorsBps': bps,
  'stacks.gatewaysBps': bps,
  'stacks.treasuryBps': bps,
  'components.usageBps': bps,
  'components.stakeBps': bps,
  'components.hashRateBps': bps,
  'components.feedbackBps': bps,
  'components.vwuBps': bps,
  'components.bandwidthBps': bps,
  'components.computeBps': bps,
  'components.latencyBps': bps,
  'components.performanceBps': bps,
  feedbackCapUnits: [0n, MAX_UNITS],
  vwuPerTokenIn: [0n, 1_000_000n],
  vwuPerTokenOut: [0n, 1_000_000n],
  // Nothing counts for more than what users ask for (F14).
  'importance.backgroundPpb': ppb,
  'importance.challengePpb': ppb,
  'importance.trainingPpb': ppb,
  'cases.foundationReview': [0n, 1n],
  'cases.foundation': 'list',
  'cases.foundationQuorum': [1n, 16n],
  'cases.gainPpb': ppb,
  'cases.factorPpb': [PPB, 4n * PPB],
  'cases.detectionPpb': [PPB / 10n, PPB],
  'cases.incidentCapPpb': [0n, PPB / 10n],
  'cases.dailyCapPpb': [0n, (3n * PPB) / 10n],
  'cases.rewardPpb': [0n, PPB / 5n],
  'cases.reviewEpochs': [1n, 10_000n],
  'cases.appealEpochs': [1n, 10_000n],
  'cases.appealBondUnits': [0n, MAX_UNITS],
  'cases.breakerPpb': ppb,
  'cases.breakerMinFailing': [1n, 1_000_000n],
  'cases.ejectionSlashPpb': ppb,
  'cases.ejectionReturnPpb': ppb,
  'cases.offencePpb': ppb,
  // Evidence that was too old once must never be young again: its case may be forgotten.
  'cases.evidenceEpochs': null,
  'cases.keepEpochs': [0n, 10_000n],
  'governance.depositUnits': [0n, MAX_UNITS],
  'governance.votingEpochs': [1n, 10_000n],
  'governance.delayEpochs': [0n, 10_000n],
  'governance.quorumPpb': ppb,
  'governance.passPpb': [PPB / 2n, PPB],
  'governance.vetoPpb': ppb,
};

/** Why a change of parameters cannot be. */
export interface ParameterProblem {
  readonly code: 'UNKNOWN_PARAMETER' | 'FIXED_PARAMETER' | 'BAD_PARAMETER_VALUE' | 'PARAMETER_OUT_OF_BOUNDS';
  /** Says what is wrong with which value; without a full stop. */
  readonly sentence: string;
}

/**
 * `params` with one of them changed (§12.2). `path` names a single value, `audit.floorPpb`, or a whole group,
 * `stacks`; `text` is its new value in JSON, as the genesis file would have it. Sums over a group are not checked here.
 * Before there is a chain, in the `genesis`, those may be set too that no vote can change.
 */
export function withParameter(
  params: Params,
  path: string,
  text: string,
  by: 'vote' | 'genesis' = 'vote',
): Params | ParameterProblem {
  const json = Params.toJson(params) as Json;
  const names = path.split('.');
  const last = names.pop() ?? '';
  const group = names.reduce<unknown>((at, name) => (isGroup(at) && Object.hasOwn(at, name) ? at[name] : null), json);
  if (!isGroup(group) || !Object.hasOwn(group, last)) {
    return { code: 'UNKNOWN_PARAMETER', sentence: `there is no parameter "${path}"` };
  }
  const leaves = leavesOf(group[last], path);
  const fixed = by === 'vote' ? leaves.find((leaf) => boundsOf(leaf) === null) : undefined;
  if (fixed !== undefined) return { code: 'FIXED_PARAMETER', sentence: `${fixed} stays as the genesis has it` };
  const changed = withValue(json, group, last, text);
  if (typeof changed === 'string') return { code: 'BAD_PARAMETER_VALUE', sentence: `${path}: ${changed}` };
  const problem = leaves.map((leaf) => boundsProblem(changed, leaf)).find((sentence) => sentence !== null);
  return problem === undefined ? changed : { code: 'PARAMETER_OUT_OF_BOUNDS', sentence: problem ?? '' };
}

type Json = Record<string, unknown>;

function isGroup(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function leavesOf(value: unknown, path: string): string[] {
  if (!isGroup(value)) return [path];
  return Object.keys(value).flatMap((name) => leavesOf(value[name], `${path}.${name}`));
}

function boundsOf(leaf: string): Bounds {
  return parameterBounds[leaf as ParameterPath] ?? null;
}

/** The parameters with `group[name]` read from `text`, or what is wrong with the text. */
function withValue(json: Json, group: Json, name: string, text: string): Params | string {
  try {
    group[name] = JSON.parse(text);
    return Params.fromJson(json);
  } catch (error) {
    return error instanceof SyntaxError ? `${text} is not JSON` : messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function boundsProblem(params: Params, leaf: string): string | null {
  const bounds = boundsOf(leaf);
  if (bounds === 'list' || bounds === null) return null;
  const value = leaf.split('.').reduce<unknown>((at, name) => (at as Json)[name], params);
  if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') {
    return `${leaf} cannot be set`;
  }
  const [min, max] = bounds;
  if (BigInt(value) >= min && BigInt(value) <= max) return null;
  return `${leaf} must be from ${min} to ${max}, not ${value}`;
}
