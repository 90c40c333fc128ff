import { enumOf, StructType, U32, type ValueOf } from '@assay/ssz';
import { Address, Units } from '../encoding.ts';

/** Whose tasks burned a part of their prices. */
export const BurnKind = enumOf('domain', 'miner', 'model', 'gateway');
export type BurnKind = ValueOf<typeof BurnKind>;
/** What the prices of tasks burned so far in a reward period that goes on: of one domain, miner, model or gateway. */
export const BurnRow = new StructType({ kind: BurnKind, role: U32, units: Units }, { typeName: 'BurnRow' });
export type BurnRow = ValueOf<typeof BurnRow>;

/** Where a payout comes from, and out of which stack. */
export const PayoutSource = enumOf('revenue', 'emission');
export const PayoutStack = enumOf(
  ...(['miners', 'capacity', 'creators', 'gateways', 'validators', 'security', 'domain', 'treasury'] as const),
);
export type PayoutStack = ValueOf<typeof PayoutStack>;
/** What it was earned as. */
export const PayoutKind = enumOf(
  ...(['miner', 'mixer', 'oracle', 'validator', 'gateway', 'model', 'domain'] as const),
  ...(['staker', 'backer', 'treasury'] as const),
);
/** What one account got at the end of the epoch that was settled last, and from where (§2.9). */
export const PayoutRow = new StructType(
  {
    epoch: U32,
    /** Zero for the treasury. */
    account: Address,
    source: PayoutSource,
    stack: PayoutStack,
    kind: PayoutKind,
    /** Its index in the table of its kind; a staker names its miner, a backer its model, the treasury nothing. */
    role: U32,
    units: Units,
  },
  { typeName: 'PayoutRow' },
);
export type PayoutRow = ValueOf<typeof PayoutRow>;
