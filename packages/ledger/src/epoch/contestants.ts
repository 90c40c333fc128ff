import { type DomainTerms, type Globals, type MinerRow, type Params, rewardPeriods } from '@assay/protocol';
import { capped } from '../arithmetic/integers.ts';
import { latencyMicroOf } from '../batch/work.ts';
import type { MeasuredValues } from '../standing/measured.ts';

const MICRO = 1_000_000n;

/** The components of the competition, in the order of `Params.components` (economics §4). */
const components = [
  'usage',
  'stake',
  'hashRate',
  'feedback',
  'vwu',
  'bandwidth',
  'compute',
  'latency',
  'performance',
] as const;
type Component = (typeof components)[number];

/** What was measured of one miner, by component. */
export type Raw = Readonly<Record<Component, bigint>>;

/** A component with its weight, and how it is read. */
export interface Weighed {
  readonly alphaBps: number;
  readonly read: (raw: Raw) => bigint;
}

/** The weights of the competition in a domain: its own, or the network's (economics §4.6). */
export function weighedOf(
  { components: own }: Pick<DomainTerms, 'components'>,
  params: Pick<Params, 'components'>,
): Weighed[] {
  const weights = own[0] ?? params.components;
  const names = components.filter((name) => weights[`${name}Bps`] > 0);
  return names.map((name) => ({ alphaBps: weights[`${name}Bps`], read: (raw: Raw) => raw[name] }));
}

/** What of a miner's raw values is kept outside its row. */
export interface Measured {
  readonly feedback: bigint;
  /** Collateral that undecided cases hold. */
  readonly heldUnits: bigint;
  /** By challenges, in the last epochs (§8.4). */
  readonly byChallenges: MeasuredValues;
  /** Part of its record that passed, this epoch's audits with it, times its availability. */
  readonly performancePpb: bigint;
}

/**
 * The raw values of a miner (economics §4.2); null when it does not compete: it did no approved work this period, or is
 * in its test periods, or forfeits the period. Compute is output tokens per 1,000 s as the mixers certified them. Hash
 * rate and bandwidth are measured by challenges, and so is latency where it was; else it is the mean score of the
 * first tokens.
 */
export function rawOf(
  row: Readonly<MinerRow>,
  { feedback, heldUnits, byChallenges, performancePpb }: Measured,
  { period, rewards, challenges }: Pick<Globals, 'period'> & Pick<Params, 'rewards' | 'challenges'>,
): Raw | null {
  if (isOut(row) || row.epochVwu === 0n || !isRewarded(row, period, rewards)) return null;
  const { latencyMs } = byChallenges;
  return {
    ...capacityOf(row, { heldUnits, byChallenges }, challenges),
    usage: row.epochTokens,
    feedback,
    vwu: row.epochVwu,
    compute: row.epochOutMs === 0n ? 0n : (row.epochOutTokens * MICRO) / row.epochOutMs,
    latency: latencyMs === null ? servedLatency(row) : latencyMicroOf(latencyMs),
    performance: performancePpb,
  };
}

/** Whether the audits are evidence enough to eject it, decided or not yet. */
function isOut({ status }: Readonly<MinerRow>): boolean {
  return status === 'ejected' || status === 'held';
}

/** Whether the reward period may pay a miner at all: it did its test periods, and does not forfeit (economics §4.2). */
export function isRewarded(
  { forfeits, registeredPeriod }: Readonly<MinerRow>,
  period: number,
  { testPeriods }: Pick<Params['rewards'], 'testPeriods'>,
): boolean {
  return !forfeits && period - registeredPeriod >= testPeriods;
}

/** What a miner is there with, whether it works or not (economics §4.3). */
export function capacityOf(
  { collateralUnits, delegatedUnits }: Readonly<MinerRow>,
  { heldUnits, byChallenges }: Pick<Measured, 'heldUnits' | 'byChallenges'>,
  { bandwidthCap }: Pick<Params['challenges'], 'bandwidthCap'>,
): Pick<Raw, 'stake' | 'hashRate' | 'bandwidth'> {
  return {
    stake: collateralUnits + heldUnits + delegatedUnits,
    hashRate: byChallenges.hashRate ?? 0n,
    bandwidth: capped(byChallenges.bandwidth ?? 0n, bandwidthCap),
  };
}

/** The mean score of its first tokens. */
function servedLatency({ epochTasks, epochLatencyMicro }: Readonly<MinerRow>): bigint {
  return epochTasks === 0 ? 0n : epochLatencyMicro / BigInt(epochTasks);
}

/** Trust that multiplies what was measured: with daily periods that of the day before (economics §4.4). */
export function countedTrustPpb(
  { periodTrustPpb }: Pick<MinerRow, 'periodTrustPpb'>,
  { trustPpb }: Pick<MinerRow, 'trustPpb'>,
  { rewards }: Pick<Params, 'rewards'>,
): number {
  return rewards.period === rewardPeriods.day ? periodTrustPpb : trustPpb;
}
