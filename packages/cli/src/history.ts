import { join } from 'node:path';
import { ClientError } from '@assay/client';
import { epochJson } from '@assay/explain/json';
import { type History, ReplayFault } from '@assay/explain/replay-blocks';
import { genesisHash } from '@assay/ledger';
import { nativeVerifier } from '@assay/node/crypto/verifier';
import { dataFiles } from '@assay/node/host/data-files';
import { readGenesisFile } from '@assay/node/host/genesis-file';
import { openStore, type Store } from '@assay/node/store/store';
import { AssayError, sealedBlockBytes } from '@assay/protocol';
import type { Invocation } from './command.ts';
import { CliError } from './failures.ts';

const pageBlocks = 200;

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
    const { height, base } = store;
    if (base > 0) throw new AssayError('NO_EARLIER_BLOCKS', `The chain in ${dir} begins at block ${base}.`);
    return await use({
      source: dir,
      genesis,
      height,
      verifier: nativeVerifier,
      blocks: () => storedBlocks(store, height),
      closeOf: async (epoch) => {
        const stored = store.epochClose(epoch);
        return stored === null ? null : epochJson(stored.close);
      },
    });
  } finally {
    await store.close();
  }
}

async function* storedBlocks(store: Store, last: number): AsyncGenerator<Uint8Array> {
  for (let height = 1; height <= last; height++) {
    const bytes = store.blockAt(height);
    if (bytes === null) throw new ReplayFault(height, `Block ${height}: it is missing.`);
    yield sealedBlockBytes(bytes, store.sealAt(height));
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
  return { source: client.baseUrl, genesis, height, verifier: nativeVerifier, blocks, closeOf };
}
