import type { Epoch } from '@assay/client';
import {
  applyStored,
  type BlockResult,
  chainFrom,
  decodeBlock,
  genesisHash,
  Ledger,
  trusting,
  type Verifier,
} from '@assay/ledger';
import { AssayError, type Block, type Genesis } from '@assay/protocol';
import { Refusal } from './refusal.ts';

/** The blocks of a chain from its genesis, wherever they are read. */
export interface History {
  /** Where they are read, for people. */
  readonly source: string;
  readonly genesis: Genesis;
  /** Height of the last block. */
  readonly height: number;
  /** What checks its signatures. */
  readonly verifier: Verifier;
  blocks(): AsyncIterable<Uint8Array>;
  /** What the node made of the end of an epoch; null when it says nothing of it. */
  closeOf(epoch: number): Promise<Epoch | null>;
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

/**
 * Recomputes every block by the production rules and compares header chain, roots, seals and signatures. Throws
 * ReplayFault at the first difference. `fast` skips the signatures, `from` those of the blocks before.
 */
export async function* replayBlocks(
  history: History,
  options: { readonly fast: boolean; readonly from?: number },
): AsyncGenerator<Replayed> {
  const chain = chainFrom(Ledger.fromGenesis(history.genesis), genesisHash(history.genesis));
  const newest = history.height;
  const checked = { verifier: history.verifier, quorum: 'sound' as const, newest };
  const believed = { verifier: trusting, quorum: null, newest };
  let height = 0;
  for await (const bytes of history.blocks()) {
    height++;
    try {
      const sealed = decodeBlock(height, bytes);
      const mode = options.fast || height < (options.from ?? 0) ? believed : checked;
      const result = applyStored(chain, sealed, height, mode);
      yield { height, block: sealed.block, result, ledger: chain.ledger };
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      const advice = options.fast ? ' Without --fast, signatures count as well.' : '';
      throw new ReplayFault(height, `${error.detail}${advice}`, error);
    }
  }
}
