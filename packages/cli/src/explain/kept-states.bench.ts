import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainAudit } from '@assay/explain/audit';
import { casesOf } from '@assay/explain/case-book';
import { proposalsOf } from '@assay/explain/gov/proposals';
import { explainPayout } from '@assay/explain/payout';
import { explainPower } from '@assay/explain/power';
import { type History, replayBlocks } from '@assay/explain/replay-blocks';
import { explainSelection } from '@assay/explain/selection';
import { genesisHash } from '@assay/ledger';
import { useNativeHasher } from '@assay/node/crypto/hasher';
import { openStore, type Store } from '@assay/node/store/store';
import { addressOf, type Genesis } from '@assay/protocol';
import { simulate } from '@assay/sim/simulate';
import { heldStore } from '@assay/sim/world-store';
import { type Bench, type Row, secondsOf } from '../../../../bench/bench.ts';
import { storedHistory } from '../history.ts';

const minutes = Number(process.env.ASSAY_CHAIN_MINUTES ?? 10);
const checked = { fast: false } as const;

interface Chain {
  readonly dir: string;
  readonly genesis: Genesis;
}

/** A chain on a disk, as a network leaves it: batches, audits, failures, epochs. */
async function recorded(): Promise<Chain> {
  const dir = mkdtempSync(join(tmpdir(), 'assay-bench-explain-'));
  let made: { readonly genesis: Genesis; readonly store: Store } | null = null;
  await simulate({
    seed: 7,
    miners: 4,
    minutes,
    storeOf: async (genesis, runtime) => {
      const store = await openStore({ dir, genesisHash: genesisHash(genesis) });
      made = { genesis, store };
      return heldStore(store, runtime);
    },
  });
  const { genesis, store } = made as unknown as { readonly genesis: Genesis; readonly store: Store };
  await store.close();
  return { dir, genesis };
}

async function whole(history: History): Promise<number> {
  return secondsOf(async () => {
    for await (const _ of replayBlocks(history, checked));
  });
}

/** Tasks of the beginning, the middle and the end of the chain. */
function tasksOf(store: Store): Uint8Array[] {
  const orders = [1, Math.floor(store.taskCount / 2), store.taskCount - 1];
  return orders.flatMap((order) =>
    store.recentTasks({ before: order + 1, limit: 1 }).map(({ receipt }) => receipt.taskId),
  );
}

async function rowOf(who: string, asks: readonly (() => Promise<unknown>)[]): Promise<Row> {
  const seconds: number[] = [];
  for (const ask of asks) seconds.push(await secondsOf(ask));
  return { who, value: Math.max(...seconds), note: asks.length === 1 ? '' : `the slowest of ${asks.length}` };
}

async function measured(chain: Chain, say: (line: string) => void): Promise<Row[]> {
  const store = await openStore({ dir: chain.dir, genesisHash: genesisHash(chain.genesis), readOnly: true });
  try {
    const history = storedHistory(store, chain.genesis);
    const tasks = tasksOf(store);
    const miner = addressOf(chain.genesis.accounts[0]?.address ?? new Uint8Array(32));
    const epochs = Math.floor(store.height / chain.genesis.params.epochBlocks);
    say('explaining');
    const rows = [
      await rowOf(
        'explain selection',
        tasks.map((task) => () => explainSelection(history, task, checked)),
      ),
      await rowOf(
        'explain audit',
        tasks.map((task) => () => explainAudit(history, task, checked)),
      ),
      await rowOf(
        'explain payout',
        [1, Math.floor(epochs / 2), epochs - 2].map(
          (epoch) => () => explainPayout(history, { account: miner, epoch }, checked),
        ),
      ),
      await rowOf('explain power', [() => explainPower(history, 0, checked)]),
      await rowOf('cases', [() => casesOf(history, checked)]),
      await rowOf('gov list', [() => proposalsOf(history, checked)]),
    ];
    say('replaying the whole chain');
    const note = `${store.height} blocks, ${store.taskCount} tasks, ${store.snapshots.count} states kept`;
    return [{ who: 'from the genesis', value: await whole(history), note }, ...rows];
  } finally {
    await store.close();
  }
}

export const bench: Bench = {
  id: 24,
  title: `What a chain of ${minutes} minutes says of a task, an epoch, its cases and proposals`,
  unit: 's',
  target: 'below a second each, however long the chain',
  compared: true,
  async run(say) {
    useNativeHasher();
    say('the world runs');
    const chain = await recorded();
    try {
      return await measured(chain, say);
    } finally {
      rmSync(chain.dir, { recursive: true });
    }
  },
};
