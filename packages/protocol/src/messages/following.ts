import { Bool, Bytes32, U16, U32, type ValueOf } from '@assay/ssz';
import { ContainerNodeStructType, ContainerType, ListBasicType } from '@chainsafe/ssz';
import { Height, Name } from '../encoding.ts';
import { limits } from '../limits.ts';

/** How far the chain of a node is, as it says itself (§19.1). */
export const ChainStatus = new ContainerNodeStructType(
  {
    /** Height it began with; it has no block below. */
    base: Height,
    /** Of its newest block that has a seal; 0 when there is none. */
    height: Height,
    /** Root of that block's header; the genesis hash at height 0. */
    headerRoot: Bytes32,
    isCurrent: Bool,
  },
  { typeName: 'ChainStatus' },
);
export type ChainStatus = ValueOf<typeof ChainStatus>;

/** Said to all when a block has its seal (§19.1). */
export const ChainHead = new ContainerNodeStructType(
  { height: Height, headerRoot: Bytes32 },
  { typeName: 'ChainHead' },
);
export type ChainHead = ValueOf<typeof ChainHead>;

/** Asks for blocks from a height on, rising. */
export const BlocksRequest = new ContainerNodeStructType(
  { fromHeight: Height, count: U16 },
  { typeName: 'BlocksRequest' },
);
export type BlocksRequest = ValueOf<typeof BlocksRequest>;

/** Stands before bytes that come in pieces of `limits.dataPieceBytes`, of which only the last may be shorter. */
export const Parcel = new ContainerNodeStructType(
  {
    /** Of all pieces together. */
    bytes: U32,
    /** Of a block: whether it rests on a signature in it that does not hold (§19.4). */
    isToVerify: Bool,
  },
  { typeName: 'Parcel' },
);
export type Parcel = ValueOf<typeof Parcel>;

/** Asks for the block of a height and the state after it; with height 0, of which heights there are states. */
export const SnapshotRequest = new ContainerNodeStructType({ height: Height }, { typeName: 'SnapshotRequest' });
export type SnapshotRequest = ValueOf<typeof SnapshotRequest>;

/** Newest first. */
export const SnapshotHeights = new ContainerType(
  { heights: new ListBasicType(Height, limits.maxServedSnapshots) },
  { typeName: 'SnapshotHeights' },
);
export type SnapshotHeights = ValueOf<typeof SnapshotHeights>;

/** What a node says to a transaction, with the height it was held against: of a result or of why it has no room. */
export const TransactionAnswer = new ContainerType({ code: Name, height: Height }, { typeName: 'TransactionAnswer' });
export type TransactionAnswer = ValueOf<typeof TransactionAnswer>;
