import { join } from 'node:path';
import { ClientError, pageLimits } from '@assay/client';
import { epochJson } from '@assay/explain/json';
import { type History, type Marked, ReplayFault, type TaskSpan } from '@assay/explain/replay-blocks';
import { genesisHash } from '@assay/ledger';
import { isToVerify } from '@assay/node/consensus/replay';
import { nativeVerifier } from '@assay/node/crypto/verifier';
import { dataFiles } from '@assay/node/host/data-files';
import { readGenesisFile } from '@assay/node/host/genesis-file';
import { markedEventsAt } from '@assay/node/host/marked-events';
import { openStore, type Store } from '@assay/node/store/store';
import { AssayError, type Genesis, type MarkedEvent, sealedBlockBytes } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import type { Invocation } from './command.ts';
import { CliError } from './failures.ts';
import { LiveLine } from './terminal.ts';

const pageBlocks = 200;
/** How long a replay says nothing, and between two lines of it where no person sees them rewritten. */
const quietMs = 1000;

/**
 * Runs `use` on the chain of the node that `--api` or ASSAY_API names, else on that of the data directory, which a
 * running node may be writing. Says how far a replay is that takes longer than a second.
 */
export async function withHistory<Result>(
  invocation: Pick<Invocation<unknown>, 'dataDir' | 'client' | 'isNodeNamed' | 'json' | 'terminal'>,
  use: (history: History) => Promise<Result>,
): Promise<Result> {
  const { dataDir, client, isNodeNamed, json, terminal } = invocation;
  const live = new LiveLine(terminal.note, quietMs);
  const beganMs = performance.now();
  const shown = (history: History): History => ({
    ...history,
    onReplayed: (height) => {
      if (json || performance.now() - beganMs < quietMs) return;
      live.show(`block ${height} of ${history.height}`);
    },
  });
  try {
    if (isNodeNamed) return await use(shown(await nodeHistory(client())));
    return await withStoredHistory(dataDir, (history) => use(shown(history)));
  } finally {
    live.end();
  }
}

async function withStoredHistory<Result>(dataDir: string, use: (history: History) => Promise<Result>): Promise<Result> {
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
    return await use(storedHistory(store, genesis));
  } finally {
    await store.close();
  }
}

/** The chain of a store. */
export function storedHistory(store: Store, genesis: Genesis): History {
  const { height, dir } = store;
  return {
    source: dir,
    genesis,
    height,
    verifier: nativeVerifier,
    blocks: (from) => storedBlocks(store, from, height),
    stateUpTo: async (at) => {
      const kept = store.snapshots.upTo(at);
      const [block, state] = kept === null ? [null, null] : [store.blockAt(kept), store.snapshotAt(kept)];
      return kept === null || block === null || state === null
        ? null
        : { block: sealedBlockBytes(block, store.sealAt(kept)), state };
    },
    spanOf: async (taskId) => {
      const record = store.task(taskId);
      if (record === null) return null;
      const { receipt, row, history } = record;
      return { drawHeight: receipt.drawHeight, height: row.height, heights: history.map((one) => one.height) };
    },
    marked: async <Type extends MarkedEvent>(type: Type) => {
      const heights = store.heightsWith(type, { from: 0, limit: height });
      const upTo = heights.filter((each) => each <= height);
      return upTo.flatMap((each) => markedEventsAt(store, type, each)) as unknown as Marked<Type>[];
    },
    wasChecked: (height) => !isToVerify(store, height),
    closeOf: async (epoch) => {
      const stored = store.epochClose(epoch);
      return stored === null ? null : epochJson(stored.close);
    },
  };
}

async function* storedBlocks(store: Store, from: number, last: number): AsyncGenerator<Uint8Array> {
  // §16.14
  if (from <= store.base) {
    throw new AssayError('NO_EARLIER_BLOCKS', `The chain in ${store.dir} begins at block ${store.base}.`);
  }
  for (let height = from; height <= last; height++) {
    const bytes = store.blockAt(height);
    if (bytes === null) throw new ReplayFault(height, `Block ${height}: it is missing.`);
    yield sealedBlockBytes(bytes, store.sealAt(height));
  }
}

type Client = ReturnType<Invocation<unknown>['client']>;

async function nodeHistory(client: Client): Promise<History> {
  const genesis = await client.getGenesis();
  const { height } = await client.getStatus();
  async function* blocks(first: number): AsyncGenerator<Uint8Array> {
    for (let from = first; from <= height; ) {
      const page = await client.getBlockBytes({ from, limit: Math.min(pageBlocks, height - from + 1) });
      if (page.length === 0) throw new ReplayFault(from, `Block ${from}: the node does not give it.`);
      yield* page;
      from += page.length;
    }
  }
  return {
    source: client.baseUrl,
    genesis,
    height,
    verifier: nativeVerifier,
    blocks,
    stateUpTo: (at) => orNull(client.getStateBytes(Math.min(at, height))),
    spanOf: (taskId) => spanAt(client, taskId),
    marked: (type) => markedAt(client, type),
    closeOf: (epoch) => orNull(client.getEpoch(epoch)),
  };
}

async function spanAt(client: Client, taskId: Uint8Array): Promise<TaskSpan | null> {
  const task = await orNull(client.getTask(toHex(taskId)));
  if (task === null || !('history' in task)) return null;
  return { drawHeight: task.drawHeight, height: task.height, heights: task.history.map(({ height }) => height) };
}

async function markedAt<Type extends MarkedEvent>(client: Client, type: Type): Promise<Marked<Type>[]> {
  const marked: Marked<Type>[] = [];
  for (let from = 0; ; ) {
    const { items } = await client.getEvents(type, { from, limit: pageLimits.max });
    marked.push(...(items as unknown as Marked<Type>[]));
    const last = items.at(-1);
    if (last === undefined) return marked;
    from = last.height + 1;
  }
}

/** What a node answers; null where it says that there is no such thing. */
const orNull = <Answer>(asked: Promise<Answer>): Promise<Answer | null> =>
  asked.catch((error: unknown) => {
    if (error instanceof ClientError && error.status === 404) return null;
    throw error;
  });
