import { setImmediate } from 'node:timers/promises';
import {
  applyStored,
  type BlockResult,
  chainFrom,
  damaged,
  decodeBlock,
  genesisHash,
  headerRoot,
  Ledger,
  type ReplayedChain,
  trusting,
} from '@assay/ledger';
import { Block, type Genesis, type ResultCode } from '@assay/protocol';
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

/** What a block's own log can say only because a signature did not hold. */
const signatureCodes: readonly ResultCode[] = ['BAD_SIGNATURE', 'BAD_REVEAL', 'BAD_CERTIFICATE'];

/**
 * Recomputes every block from the genesis and compares all roots, proposers, times and signatures with the stored
 * headers. Throws AssayError DATA_DAMAGED, which names the first bad height and why.
 */
export async function replay(store: ChainStore, genesis: Genesis, onProgress?: Progress): Promise<ReplayResult> {
  const chain = chainFrom(Ledger.fromGenesis(genesis), genesisHash(genesis));
  await follow(store, chain, { verifyAll: true, onProgress });
  return { height: store.height, stateRoot: chain.ledger.stateRoot() };
}

/** Writes the views of a store again, from its blocks. Throws AssayError DATA_DAMAGED as `replay` does. */
export async function rebuildViews(store: ChainStore, genesis: Genesis, onProgress?: Progress): Promise<void> {
  const chain = chainFrom(Ledger.fromGenesis(genesis), genesisHash(genesis));
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
  const start = fromSnapshot(store) ?? { ...chainFrom(Ledger.fromGenesis(genesis), genesisHash(genesis)), bytes: 0 };
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

/** The newest snapshot that is what the header of its height says; null when there is none. */
function fromSnapshot(store: ChainStore): (ReplayedChain & { readonly bytes: number }) | null {
  for (const height of store.snapshotHeights()) {
    const bytes = store.snapshotAt(height);
    const block = store.blockAt(height);
    if (bytes === null || block === null) continue;
    try {
      const { header } = Block.deserialize(block);
      const ledger = Ledger.fromSnapshot(bytes);
      if (equalBytes(ledger.stateRoot(), header.stateRoot))
        return { ledger, headRoot: headerRoot(header), bytes: bytes.length };
    } catch {
      // A snapshot only saves time: the one before it, or the genesis, leads to the same state.
    }
  }
  return null;
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
    const bytes = store.blockAt(height);
    if (bytes === null) throw damaged(height, 'it is missing');
    size += bytes.length;
    const block = decodeBlock(height, bytes);
    const verifier = verifyAll || hadBadSignatures(store, height) ? nativeVerifier : trusting;
    const result = applyStored(chain, block, height, { verifier, verifyAll });
    await onBlock?.(block, result);
    if (height % breathBlocks !== 0) continue;
    onProgress?.({ height, of: last });
    await setImmediate();
  }
  onProgress?.({ height: last, of: last });
  return size;
}

/** A transaction that was refused for its signature would be accepted by a verifier that trusts. */
function hadBadSignatures(store: ChainStore, height: number): boolean {
  const result = store.resultAt(height);
  return result === null || result.codes.some((code) => signatureCodes.includes(code));
}
