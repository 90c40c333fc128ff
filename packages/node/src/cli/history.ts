import { join } from 'node:path';
import { ClientError, type Epoch } from '@assay/client';
import { type BlockResult, genesisHash, Ledger } from '@assay/ledger';
import type { Block, Genesis } from '@assay/protocol';
import { applyStored, chainFrom, decodeBlock, trusting } from '../consensus/replay.ts';
import { nativeVerifier } from '../crypto/verifier.ts';
import { readGenesisFile } from '../devnet/genesis-file.ts';
import { AssayError } from '../errors.ts';
import { epochJson } from '../http/node-api/json.ts';
import { openStore } from '../store/store.ts';
import type { Invocation } from './command.ts';
import { CliError } from './failures.ts';
import { dataFiles } from './location.ts';

const pageBlocks = 200;

/** The blocks of a chain from its genesis, wherever they are read. */
export interface History {
  /** Where they are read, for people. */
  readonly source: string;
  readonly genesis: Genesis;
  /** Height of the last block. */
  readonly height: number;
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
export class ReplayFault extends CliError {
  readonly height: number;
  readonly reason: string;

  constructor(height: number, reason: string, cause?: unknown) {
    super('verification', reason, { cause });
    this.height = height;
    this.reason = reason;
  }
}

/**
 * Runs `use` on the chain of the node that `--api` or ASSAY_API names, else on that of the data directory, which a
 * running node may be writing.
 */
export async function withHistory<Result>(
  { dataDir, client, isNodeNamed }: Pick<Invocation<unknown>, 'dataDir' | 'client' | 'isNodeNamed'>,
  use: (history: History) => Promise<Result>,
): Promise<Result> {
  if (isNodeNamed) return use(await nodeHistory(client()));
  const genesis = await readGenesisFile(join(dataDir, dataFiles.genesis));
  if (genesis === null) {
    throw new CliError(
      'notFound',
      `${dataDir} holds no chain. Name a data directory with --data, or a node with --api URL.`,
    );
  }
  const dir = join(dataDir, dataFiles.chain);
  const store = await openStore({ dir, genesisHash: genesisHash(genesis), readOnly: true });
  try {
    const { height } = store;
    return await use({
      ...{ source: dir, genesis, height, blocks: () => storedBlocks(height, (at) => store.blockAt(at)) },
      closeOf: async (epoch) => {
        const stored = store.epochClose(epoch);
        return stored === null ? null : epochJson(stored.close);
      },
    });
  } finally {
    await store.close();
  }
}

async function* storedBlocks(last: number, blockAt: (height: number) => Uint8Array | null): AsyncGenerator<Uint8Array> {
  for (let height = 1; height <= last; height++) {
    const bytes = blockAt(height);
    if (bytes === null) throw new ReplayFault(height, `Block ${height}: it is missing.`);
    yield bytes;
  }
}

async function nodeHistory(client: ReturnType<Invocation<unknown>['client']>): Promise<History> {
  const genesis = await client.getGenesis();
  const { height } = await client.getStatus();
  async function* blocks(): AsyncGenerator<Uint8Array> {
    for (let from = 1; from <= height; ) {
      const page = await client.getBlockBytes({ from, limit: Math.min(pageBlocks, height - from + 1) });
      if (page.length === 0) throw new ReplayFault(from, `Block ${from}: the node does not give it.`);
      yield* page;
      from += page.length;
    }
  }
  const closeOf = (epoch: number) =>
    client.getEpoch(epoch).catch((error: unknown) => {
      if (error instanceof ClientError && error.status === 404) return null;
      throw error;
    });
  return { source: client.baseUrl, genesis, height, blocks, closeOf };
}

/**
 * Recomputes every block by the production rules and compares header chain, roots, turns and signatures. Throws
 * ReplayFault at the first difference. `fast` skips the signatures, `from` those of the blocks before.
 */
export async function* replayBlocks(
  history: History,
  options: { readonly fast: boolean; readonly from?: number },
): AsyncGenerator<Replayed> {
  const chain = chainFrom(Ledger.fromGenesis(history.genesis), genesisHash(history.genesis));
  const checked = { verifier: nativeVerifier, verifyAll: true };
  const believed = { verifier: trusting, verifyAll: false };
  let height = 0;
  for await (const bytes of history.blocks()) {
    height++;
    try {
      const block = decodeBlock(height, bytes);
      const mode = options.fast || height < (options.from ?? 0) ? believed : checked;
      const result = applyStored(chain, block, height, mode);
      yield { height, block, result, ledger: chain.ledger };
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      const advice = options.fast ? ' Without --fast, signatures count as well.' : '';
      throw new ReplayFault(height, `${error.detail}${advice}`, error);
    }
  }
}
