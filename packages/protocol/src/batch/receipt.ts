import {
  Bytes32,
  bitsOf,
  ChunkTree,
  enumOf,
  lengthChunk,
  RowListType,
  RowType,
  StructType,
  sha256,
  U8,
  U16,
  U32,
  type ValueOf,
} from '@assay/ssz';
import { BitArray, ContainerType, ListCompositeType } from '@chainsafe/ssz';
import { BlsSignature, Count, Height, Name, Units } from '../encoding.ts';
import { limits } from '../limits.ts';
import { ref } from '../refs.ts';
import { type ChainIdentity, messageTypes, signingDomain, signingRoot } from '../signing.ts';

export { BitArray };

/** What a task was for; sets the importance of its VWU (economics §4). */
export const TaskKind = enumOf('user', 'background', 'challenge', 'training');
export type TaskKind = ValueOf<typeof TaskKind>;

/** How a task ended (§5). A partial answer is one whose client left; it is paid for what was made. */
export const Outcome = enumOf('complete', 'partial');

/** The attestation of a finished task: what the committee certifies and the ledger settles (§7.1). */
export const Receipt = new StructType(
  {
    taskId: Bytes32,
    kind: TaskKind,
    outcome: Outcome,
    session: ref('sessions'),
    model: ref('models'),
    miner: ref('miners'),
    gateway: ref('gateways'),
    /** Height whose state the draw used (§6.2). */
    drawHeight: Height,
    /** The admitting mixer's signature over session and request hash; with the replica it makes the task id (§6.4). */
    ticket: BlsSignature,
    /** Which of the session's replicas of the task this is, from 0 (§5.1). */
    replica: U8,
    /** Which rank of the draw served (0 first), and how many reassignments came before (§5.2). */
    rank: U16,
    attempt: U8,
    /** Most tokens that its payer signed for; they give the class of the draw (§6.6). */
    maxTokensIn: U32,
    maxTokensOut: U32,
    tokensIn: U32,
    tokensOut: U32,
    priceUnits: Units,
    requestHash: Bytes32,
    artifactRoot: Bytes32,
    firstTokenMs: U32,
    totalMs: U32,
    /** Upper median of the cosines of its answer with those of the other replicas; zero without any (§7.11). */
    similarityPpb: U32,
  },
  { typeName: 'Receipt' },
);
export type Receipt = ValueOf<typeof Receipt>;

/** The receipts of a batch; each is hashed as the bytes of its serialisation. */
export const ReceiptList = new RowListType(Receipt, limits.maxBatchReceipts);

/** What the mixers sign: one mixer's batch (§7.2) and its beacon reveal (§9.1). */
export const BatchHeader = new StructType(
  {
    epoch: U32,
    mixer: ref('mixers'),
    /** Strictly increasing by one per mixer. */
    sequence: Count,
    receiptsRoot: Bytes32,
    /** Of its other attestations. */
    recordsRoot: Bytes32,
    reveal: BlsSignature,
  },
  { typeName: 'BatchHeader' },
);
export type BatchHeader = ValueOf<typeof BatchHeader>;

/** One BLS signature of more than two thirds of the mixers over a batch header (§7.3). */
export const Certificate = new ContainerType(
  { header: BatchHeader, signers: bitsOf(limits.maxMixers), signature: BlsSignature },
  { typeName: 'Certificate' },
);
export type Certificate = ValueOf<typeof Certificate>;

/** What a beacon reveal signs (§9.1). */
export const BeaconTurn = new StructType({ epoch: U32, sequence: Count }, { typeName: 'BeaconTurn' });

/** What a ticket signs: nothing in it is the mixer's to choose (§6.4). */
export const TaskTicket = new StructType(
  { session: ref('sessions'), requestHash: Bytes32 },
  { typeName: 'TaskTicket' },
);
type TaskTicket = ValueOf<typeof TaskTicket>;

/** The message that a ticket signs. */
export function ticketSigningRoot(chain: ChainIdentity, task: TaskTicket): Uint8Array {
  return signingRoot(TaskTicket.hashTreeRoot(task), signingDomain(chain, messageTypes.taskTicket));
}

/** What a task id is made of (§6.4); it is hashed as the bytes of its serialisation. */
export const TaskIdentity = new RowType(
  new StructType({ ticket: BlsSignature, replica: U8 }, { typeName: 'TaskIdentity' }),
);
type TaskIdentity = ValueOf<typeof TaskIdentity>;

/** The task id of a replica: who cannot make the ticket cannot foresee it (§6.4). */
export function taskIdOf(identity: TaskIdentity): Uint8Array {
  return TaskIdentity.hashTreeRoot(identity);
}

/** The id that draws the miners of all replicas: that of the first (§6.2). */
export function drawIdOf({ ticket }: Pick<TaskIdentity, 'ticket'>): Uint8Array {
  return taskIdOf({ ticket, replica: 0 });
}

/**
 * Epoch whose beacon, weights and committee keys a draw from the state at `drawHeight` uses: that of the next block
 * (§6.2). The state after the last block of an epoch already holds the beacon of the next.
 */
export function drawEpoch(params: { readonly epochBlocks: number }, drawHeight: number): number {
  return Number(BigInt(drawHeight + 1) / BigInt(params.epochBlocks));
}

/** A receipt that proves itself: with the committee's keys nothing else is needed to check it (§7.5, F5). */
export const PortableReceipt = new ContainerType(
  {
    chainId: Name,
    genesisHash: Bytes32,
    /** Where it stands: height of the block that holds the certificate. */
    height: Height,
    receipt: Receipt,
    /** Index of the receipt in its batch, and the Merkle siblings from it up to the batch's receipts root. */
    index: U16,
    path: new ListCompositeType(Bytes32, 32),
    certificate: Certificate,
  },
  { typeName: 'PortableReceipt' },
);
export type PortableReceipt = ValueOf<typeof PortableReceipt>;

/**
 * The Merkle siblings from the receipt at `index` up to the batch's receipts root, lowest first; the last one is the
 * list's length (§7.5). `index` must be below the number of receipts.
 */
export function receiptPath(receipts: readonly Receipt[], index: number): Uint8Array[] {
  const tree = new ChunkTree(ReceiptList.chunkDepth);
  tree.set(Uint32Array.from(receipts.keys()), ReceiptList.elementType.rootsOf(receipts));
  return [...tree.path(index), lengthChunk(receipts.length)];
}

/** The receipts root that `receipt` at `index` leads to along `path`; null when the path has the wrong length. */
export function receiptsRootAlong(receipt: Receipt, index: number, path: readonly Uint8Array[]): Uint8Array | null {
  if (index >= limits.maxBatchReceipts || path.length !== ReceiptList.depth) return null;
  let node = ReceiptList.elementType.hashTreeRoot(receipt);
  let at = index;
  for (const sibling of path) {
    node = at % 2 === 1 ? sha256(sibling, node) : sha256(node, sibling);
    at >>= 1;
  }
  return node;
}
