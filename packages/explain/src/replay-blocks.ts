import type { Epoch, Event } from '@assay/client';
import {
  applyStored,
  type BlockResult,
  chainFrom,
  decodeBlock,
  genesisHash,
  headerRoot,
  Ledger,
  type LedgerView,
  type ReplayedChain,
  trusting,
  type Verifier,
} from '@assay/ledger';
import { AssayError, type Block, type BlockHeader, type Genesis, type MarkedEvent, SealedBlock } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { Refusal } from './refusal.ts';

/** A state that is kept, and its block with the seal, both serialised. */
export interface KeptState {
  readonly block: Uint8Array;
  readonly state: Uint8Array;
}

/** Where a task begins and ends on the chain. */
export interface TaskSpan {
  /** Of its draw, and of the block that certified it. */
  readonly drawHeight: number;
  readonly height: number;
  /** Of everything that is said of it, rising. */
  readonly heights: readonly number[];
}

/** An event of a type, in the form of the API, and the height of its block. */
export interface Marked<Type extends MarkedEvent> {
  readonly height: number;
  readonly event: Extract<Event, { readonly type: Type }>;
}

/** A chain, wherever it is read: its blocks, and where in them something is. */
export interface History {
  /** Where they are read, for people. */
  readonly source: string;
  readonly genesis: Genesis;
  /** Height of the last block. */
  readonly height: number;
  /** What checks its signatures. */
  readonly verifier: Verifier;
  /** From a height on. */
  blocks(from: number): AsyncIterable<Uint8Array>;
  /** The newest state that is kept of a height up to this one; null when there is none. */
  stateUpTo(height: number): Promise<KeptState | null>;
  /** Null when no such task was certified. */
  spanOf(taskId: Uint8Array): Promise<TaskSpan | null>;
  /** All events of a type, rising. */
  marked<Type extends MarkedEvent>(type: Type): Promise<readonly Marked<Type>[]>;
  /** What the node made of the end of an epoch; null when it says nothing of it. */
  closeOf(epoch: number): Promise<Epoch | null>;
  /** Whether who keeps it has checked a block's signatures, and none was false; when absent nobody says so. */
  wasChecked?(height: number): boolean;
  /** Told of each block that is replayed. */
  onReplayed?(height: number): void;
}

/** One block, and the ledger after it. The ledger goes on: what is needed later must be copied. */
export interface Replayed {
  readonly height: number;
  readonly block: Block;
  readonly result: BlockResult;
  readonly ledger: Ledger;
}

/** A block that is not what the rules make of the chain before it. */
export class ReplayFault extends Refusal {
  readonly height: number;
  readonly reason: string;

  constructor(height: number, reason: string, cause?: unknown) {
    super('verification', reason, { cause });
    this.height = height;
    this.reason = reason;
  }
}

/** A node that gives one wrong state after the other does not keep who asks. */
const triedStates = 8;

/**
 * The chain from which to replay what follows a height: the newest state that is kept up to there, whose root is that
 * of its block and in which nothing is being settled; else the genesis (§16.15).
 */
export async function startUpTo(history: History, height: number): Promise<ReplayedChain> {
  let at = height;
  for (let tried = 0; tried < triedStates && at > 0; tried++) {
    const kept = await history.stateUpTo(at);
    if (kept === null) break;
    const header = headerIn(kept);
    if (header === null || header.height > at) break;
    const chain = chainOf(history, header, kept.state);
    if (chain !== null && !chain.ledger.isSettling) return chain;
    at = header.height - 1;
  }
  return chainFrom(Ledger.fromGenesis(history.genesis), genesisHash(history.genesis));
}

function headerIn({ block }: KeptState): BlockHeader | null {
  try {
    return SealedBlock.deserialize(block).block.header;
  } catch {
    return null;
  }
}

/** Null when it is not the state that the block names: an earlier one leads to the same. */
function chainOf({ genesis }: History, header: BlockHeader, state: Uint8Array): ReplayedChain | null {
  try {
    const ledger = Ledger.fromSnapshot(state);
    const isOfBlock = equalBytes(ledger.stateRoot(), header.stateRoot);
    const isOfChain = equalBytes(ledger.state.chain.genesisHash, genesisHash(genesis));
    return isOfBlock && isOfChain ? chainFrom(ledger, headerRoot(header)) : null;
  } catch {
    return null;
  }
}

/**
 * Recomputes every block by the production rules and compares header chain, roots, seals and signatures. Throws
 * ReplayFault at the first difference. `fast` skips the signatures, `from` those of the blocks before; `start` is what
 * they follow, the genesis when absent. After a kept state, signatures that its keeper has checked are not checked
 * again: that state is the keeper's word, too.
 */
export async function* replayBlocks(
  history: History,
  options: { readonly fast: boolean; readonly from?: number; readonly start?: ReplayedChain },
): AsyncGenerator<Replayed> {
  const chain = options.start ?? (await startUpTo(history, 0));
  const newest = history.height;
  const checked = { verifier: history.verifier, quorum: 'sound' as const, newest };
  const believed = { verifier: trusting, quorum: null, newest };
  let { height } = chain.ledger.state.globals;
  const isKept = height > 0;
  for await (const bytes of history.blocks(height + 1)) {
    height++;
    try {
      const sealed = decodeBlock(height, bytes);
      const isPast = options.fast || height < (options.from ?? 0);
      const mode = isPast || (isKept && history.wasChecked?.(height) === true) ? believed : checked;
      const result = applyStored(chain, sealed, height, mode);
      history.onReplayed?.(height);
      yield { height, block: sealed.block, result, ledger: chain.ledger };
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      const advice = options.fast ? ' Without --fast, signatures count as well.' : '';
      throw new ReplayFault(height, `${error.detail}${advice}`, error);
    }
  }
}

/** The state after the last block, from the newest that is kept, and the height of that. */
export async function headOf(
  history: History,
  options: { readonly fast: boolean },
): Promise<{ readonly state: LedgerView; readonly startHeight: number }> {
  const start = await startUpTo(history, history.height);
  const startHeight = start.ledger.state.globals.height;
  for await (const _ of replayBlocks(history, { ...options, start }));
  return { state: start.ledger.state, startHeight };
}
