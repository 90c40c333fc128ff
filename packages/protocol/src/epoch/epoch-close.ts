import { Bool, ByName, enumOf, list, orNull, type Shaped, U16, U32 } from '@assay/ssz';
import { Address, Count, Quantity, Units } from '../encoding.ts';
import { ref } from '../refs.ts';
import { PayoutSource, PayoutStack } from './payouts.ts';

/** The tables a payment can be earned in. */
const paidKind = enumOf('miner', 'mixer', 'oracle', 'validator', 'gateway', 'model', 'domain');
export type PaidKind = Shaped<typeof paidKind>;

/** What one account got at an epoch's end, and from where (economics §2, §3). */
export const payoutShape = {
  /** Zero address for the treasury. */
  account: Address,
  source: PayoutSource,
  stack: PayoutStack,
  /** What it was earned as, with that index; a staker names its miner, a backer its model. Null for the treasury. */
  kind: orNull(enumOf(...paidKind.words, 'staker', 'backer')),
  role: orNull(U32),
  units: Units,
};
export type Payout = Shaped<typeof payoutShape>;

/** One contestant of a pool; only those with a weight are listed. */
const poolShare = {
  role: U32,
  weight: Quantity,
  units: Units,
  /** The most it may get for what its tasks burned (economics §7.4); null where there is no such limit. */
  limitUnits: orNull(Units),
};
export type PoolShare = Shaped<typeof poolShare>;

/**
 * One amount divided among contestants by weight; `units` of the shares add up to it, less what their limits keep back.
 * Without shares nothing was paid.
 */
const pool = { source: PayoutSource, stack: PayoutStack, kind: paidKind, units: Units, shares: list(poolShare) };
export type Pool = Shaped<typeof pool>;

/** What a reward period minted at most (economics §1.2): perDayUnits × forMs ÷ the length of a day. */
export const emissionRateShape = {
  period: U32,
  forMs: Count,
  /** After halving. */
  perDayUnits: Units,
  halvings: U16,
  /** The most it may mint for work by what its prices burned (economics §7.2); null where the schedule decides. */
  limitUnits: orNull(Units),
  /** Whether what that leaves of the miners' stack pays capacity (economics §7.1). */
  isBootstrap: Bool,
};
export type EmissionRate = Shaped<typeof emissionRateShape>;

/** How one miner's part of the emission came about (economics §4); every number that went in. */
const minerScore = {
  miner: ref('miners'),
  trustPpb: U32,
  /** What its level multiplies with. */
  levelPpb: U32,
  /** What its weak scores of the periods before multiply with (economics §4.7). */
  weakPpb: U32,
  /** What was measured, by component, before trust and level. */
  raw: new ByName(Quantity),
  /**
   * Weighted sum of the shares, parts per billion, rounded down; and in 10⁻¹⁸, the weight the emission is divided by.
   */
  finalPpb: Quantity,
  weight: Quantity,
  emissionUnits: Units,
};
export type MinerScore = Shaped<typeof minerScore>;

/** How one miner's part of what pays capacity came about (economics §7.1). */
const capacityScore = {
  miner: ref('miners'),
  /** Its challenges of the reward period that were answered right, and those that were not. */
  right: U32,
  wrong: U32,
  /** Part of its record that passed; one without a record. */
  passedPpb: Quantity,
  /** What challenges measured of a miner, and its stake: what no purchase moves. */
  raw: { stake: Units, hashRate: Quantity, bandwidth: Quantity, latency: Quantity },
  /** What stake, bandwidth and latency leave of what was verified. */
  factorPpb: Quantity,
  /** Its part of all such products, parts per billion, rounded down; and in 10⁻¹⁸. */
  finalPpb: Quantity,
  weight: Quantity,
  emissionUnits: Units,
};
export type CapacityScore = Shaped<typeof capacityScore>;

/** What one epoch paid, to whom and why; every number that went into it. */
export const epochCloseShape = {
  epoch: U32,
  durationMs: Count,
  /** The emission that was paid; null while the reward period goes on. */
  emission: orNull(emissionRateShape),
  revenueUnits: Units,
  burnedUnits: Units,
  mintedUnits: Units,
  payouts: list(payoutShape),
  /** Amounts divided by weight. */
  pools: list(pool),
  /** The miners' stack among domains, by the work of their miners (economics §4.6); `role` is the domain. */
  division: list(poolShare),
  scores: list(minerScore),
  /** The competition by what was measured, over all domains. */
  capacity: list(capacityScore),
};
export type EpochClose = Shaped<typeof epochCloseShape>;
