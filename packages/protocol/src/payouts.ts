import { Address, Units } from './encoding.ts';
import { U8, U32, type ValueOf } from './scalars.ts';
import { StructType } from './struct.ts';

/** Whose tasks burned a part of their prices. */
export const burnKinds = { domain: 0, miner: 1, model: 2, gateway: 3 } as const;
/** What the prices of tasks burned so far in a reward period that goes on: of one domain, miner, model or gateway. */
export const BurnRow = new StructType({ kind: U8, role: U32, units: Units }, { typeName: 'BurnRow' });
export type BurnRow = ValueOf<typeof BurnRow>;

/** Where a payout comes from, and out of which stack. */
export const payoutSources = { revenue: 0, emission: 1 } as const;
export const payoutStacks = {
  ...{ miners: 0, capacity: 1, creators: 2, gateways: 3, validators: 4, security: 5, domain: 6, treasury: 7 },
} as const;
/** What it was earned as. */
export const payoutKinds = {
  ...{
    miner: 0,
    mixer: 1,
    oracle: 2,
    validator: 3,
    gateway: 4,
    model: 5,
    domain: 6,
    staker: 7,
    backer: 8,
    treasury: 9,
  },
} as const;
/** What one account got at the end of the epoch that was settled last, and from where (§2.9). */
export const PayoutRow = new StructType(
  {
    epoch: U32,
    /** Zero for the treasury. */
    account: Address,
    source: U8,
    stack: U8,
    kind: U8,
    /** Its index in the table of its kind; a staker names its miner, a backer its model, the treasury nothing. */
    role: U32,
    units: Units,
  },
  { typeName: 'PayoutRow' },
);
export type PayoutRow = ValueOf<typeof PayoutRow>;
