import { setImmediate } from 'node:timers/promises';
import {
  applyStored,
  type BlockResult,
  chainFrom,
  damaged,
  genesisHash,
  headerRoot,
  Ledger,
  type ReplayedChain,
  restsOnFalseSignature,
  trusting,
} from '@assay/ledger';
import { AssayError, Block, type Genesis, Seal, type SealedBlock } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { nativeVerifier } from '../crypto/verifier.ts';
import type { ChainStore } from '../store/store.ts';
import type { LedgerRows } from '../store/tasks.ts';

/** Blocks between two breaths of the event loop. */
const breathBlocks = 256;

/** Called now and then with the height reached. */
export type Progress = (done: { readonly height: number; readonly of: number }) => void;

export interface ReplayResult {
  readonly height: number;
  /** Root of the state after that height. */
  readonly stateRoot: Uint8Array;
}

/** A ledger that stands after the last block of a store. */
export interface LoadedChain {
  readonly ledger: Ledger;
  /** Root of the last header; the genesis hash before the first block. */
  readonly headRoot: Uint8Array;
  /** Height and size of the snapshot it began with; height 0 and size 0 when it began at the genesis. */
  readonly snapshot: { readonly height: number; readonly bytes: number };
  /** Bytes of the blocks after that snapshot. */
  readonly replayedBytes: number;
}

/**
 * Recomputes every block from the genesis and compares all roots, times, seals and signatures with what is stored.
 * Throws AssayError DATA_DAMAGED, which names the first bad height and why, and NO_EARLIER_BLOCKS (§16.14).
 */
export async function replay(store: ChainStore, genesis: Genesis, onProgress?: Progress): Promise<ReplayResult> {
  // §16.14
  if (store.base > 0) throw new AssayError('NO_EARLIER_BLOCKS', `The chain in ${store.dir} begins at ${store.base}.`);
  const chain = chainFrom(Ledger.fromGenesis(genesis), genesisHash(genesis));
  await follow(store, chain, { verifyAll: true, onProgress });
  return { height: store.height, stateRoot: chain.ledger.stateRoot() };
}

/** Writes the views of a store again, from its blocks. Throws AssayError DATA_DAMAGED as `replay` does. */
export async function rebuildViews(store: ChainStore, genesis: Genesis, onProgress?: Progress): Promise<void> {
  const chain = firstState(store, genesis);
  await store.clearViews();
  const onBlock = (block: Block, result: BlockResult) =>
    store.restoreViews({ block, result, rows: rowsOf(chain.ledger) });
  await follow(store, chain, { verifyAll: true, onProgress, onBlock });
}

/**
 * The ledger after the last block: from the newest sound snapshot, and the blocks after it. Signatures of our own
 * durable log were checked before it was written; roots are compared all the same. Throws AssayError DATA_DAMAGED.
 */
export async function loadChain(store: ChainStore, genesis: Genesis, onProgress?: Progress): Promise<LoadedChain> {
  const start = fromSnapshot(store) ?? firstState(store, genesis);
  const height = start.ledger.state.globals.height;
  const replayedBytes = await follow(store, start, { verifyAll: false, onProgress });
  return { ledger: start.ledger, headRoot: start.headRoot, snapshot: { height, bytes: start.bytes }, replayedBytes };
}

/** As `loadChain`, with whole views: they are made again where they are not, or turn out damaged on the way (§16.1). */
export async function restoreChain(store: ChainStore, genesis: Genesis, onProgress?: Progress): Promise<LoadedChain> {
  if (store.viewsHeight !== store.height) await rebuildViews(store, genesis, onProgress);
  try {
    return await loadChain(store, genesis, onProgress);
  } catch (error) {
    if (store.viewsHeight === store.height) throw error;
    await rebuildViews(store, genesis, onProgress);
    return loadChain(store, genesis, onProgress);
  }
}

/** Tasks and audits of a ledger's state, as the store keeps them. */
export function rowsOf({ state }: Ledger): LedgerRows {
  return {
    taskOf: (taskId) => state.tasks.get(state.taskOf(taskId) ?? -1) ?? null,
    auditOf: (taskId) => state.audits.get(state.auditOf(taskId) ?? -1) ?? null,
    transitionsOf: (taskId) => state.transitions.allOf(taskId),
  };
}

type Start = ReplayedChain & { readonly bytes: number };

/** Where the chain of a store begins: the genesis, or the snapshot that the store began with. */
function firstState(store: ChainStore, genesis: Genesis): Start {
  const { base } = store;
  if (base === 0) return { ...chainFrom(Ledger.fromGenesis(genesis), genesisHash(genesis)), bytes: 0 };
  const start = startAt(store, base);
  if (start === null) throw damaged(base, 'the state that the chain here began with is missing or damaged');
  return start;
}

/** The newest snapshot that is what the header of its height says; null when there is none. */
function fromSnapshot(store: ChainStore): Start | null {
  for (const height of store.snapshotHeights()) {
    const start = startAt(store, height);
    // A snapshot only saves time: the one before it, or the first state, leads to the same one.
    if (start !== null) return start;
  }
  return null;
}

function startAt(store: ChainStore, height: number): Start | null {
  const bytes = store.snapshotAt(height);
  const block = store.blockAt(height);
  if (bytes === null || block === null) return null;
  try {
    const { header } = Block.deserialize(block);
    const ledger = Ledger.fromSnapshot(bytes);
    if (!equalBytes(ledger.stateRoot(), header.stateRoot)) return null;
    return { ledger, headRoot: headerRoot(header), bytes: bytes.length };
  } catch {
    return null;
  }
}

interface FollowOptions {
  readonly verifyAll: boolean;
  readonly onProgress?: Progress | undefined;
  readonly onBlock?: (block: Block, result: BlockResult) => Promise<void>;
}

/** Applies the stored blocks after the ledger's height; gives their size in bytes. */
async function follow(
  store: ChainStore,
  chain: ReplayedChain,
  { verifyAll, onProgress, onBlock }: FollowOptions,
): Promise<number> {
  const last = store.height;
  let size = 0;
  for (let height = chain.ledger.state.globals.height + 1; height <= last; height++) {
    const stored = storedBlock(store, height);
    size += stored.bytes.length;
    const verifier = verifyAll || isToVerify(store, height) ? nativeVerifier : trusting;
    const quorum = verifyAll ? 'sound' : null;
    const result = applyStored(chain, stored, height, { verifier, quorum, newest: last });
    await onBlock?.(stored.block, result);
    if (height % breathBlocks !== 0) continue;
    onProgress?.({ height, of: last });
    await setImmediate();
  }
  onProgress?.({ height: last, of: last });
  return size;
}

function storedBlock(store: ChainStore, height: number): SealedBlock & { readonly bytes: Uint8Array } {
  const bytes = store.blockAt(height);
  if (bytes === null) throw damaged(height, 'it is missing');
  const seal = store.sealAt(height);
  return {
    bytes,
    block: decoded(height, 'its bytes are not a block', () => Block.deserialize(bytes)),
    seal: seal === null ? null : decoded(height, 'its seal cannot be read', () => Seal.deserialize(seal)),
  };
}

function decoded<T>(height: number, problem: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw damaged(height, problem, error);
  }
}

/** A transaction that was refused for its signature would be accepted by a verifier that trusts. */
export function isToVerify(store: Pick<ChainStore, 'resultAt'>, height: number): boolean {
  const result = store.resultAt(height);
  return result === null || restsOnFalseSignature(result);
}
