import { Block, type LedgerEvent } from '@assay/protocol';
import { sha256 } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { newDirectory } from './directory.fixture.ts';
import { openStore, type Store } from './store.ts';

const genesisHash = sha256(Uint8Array.of(1));
const rows = { taskOf: () => null, auditOf: () => null, transitionsOf: () => [] };

interface Made {
  readonly blockBytes: number;
  readonly stateBytes: number;
  readonly events?: readonly LedgerEvent[];
}

/** Makes blocks durable, each with the state after it. */
async function make(store: Store, blocks: readonly Made[]): Promise<void> {
  for (const { blockBytes, stateBytes, events = [] } of blocks) {
    const height = store.height + 1;
    const block = { header: { ...Block.fields.header.defaultValue(), height }, transactions: [] };
    const result = { height, stateRoot: new Uint8Array(32), transactions: [], events: [...events] };
    const [bytes, snapshot] = [new Uint8Array(blockBytes), new Uint8Array(stateBytes).fill(height)];
    await store.commit({ block, bytes, seal: null, result, snapshot, rows });
  }
}

const keptOf = (store: Store) =>
  Array.from({ length: store.height }, (_, i) => i + 1).filter((height) => store.snapshotAt(height) !== null);

describe('snapshots §16.15', () => {
  it('stay as long as the blocks before them weigh as much, and the newest in any case', async () => {
    const store = await openStore({ dir: await newDirectory(), genesisHash });
    await make(store, Array(6).fill({ blockBytes: 100, stateBytes: 100 }));
    expect(keptOf(store)).toEqual([1, 2, 3, 4, 5, 6]);
    await make(store, Array(9).fill({ blockBytes: 100, stateBytes: 250 }));
    expect(keptOf(store)).toEqual([1, 2, 3, 4, 5, 6, 9, 12, 13, 14, 15]);
    expect(store.snapshotHeights()).toEqual([15, 14, 13]);
    expect([11, 12, 99, 0].map((height) => store.snapshots.upTo(height))).toEqual([9, 12, 15, null]);
    expect(store.snapshotAt(9)).toEqual(new Uint8Array(250).fill(9));
    await store.close();
  });
});

describe('events that happen now and then §16.16', () => {
  it('are found by their type, where the views are made again too', async () => {
    const store = await openStore({ dir: await newDirectory(), genesisHash });
    const dismissed = { type: 'caseDismissed', case: 0, by: 'time', returnedUnits: 0n } as const;
    const appealed = { type: 'caseAppealed', case: 0, bondUnits: 1n } as const;
    const plain = { blockBytes: 1, stateBytes: 1 };
    await make(store, [{ ...plain, events: [appealed] }, plain, { ...plain, events: [dismissed, dismissed] }]);
    await make(store, [{ ...plain, events: [dismissed] }]);
    const heights = (from: number, limit: number) => store.heightsWith('caseDismissed', { from, limit });
    expect([heights(0, 9), heights(4, 9), heights(0, 1), heights(5, 9)]).toEqual([[3, 4], [4], [3], []]);
    expect(store.heightsWith('caseAppealed', { from: 0, limit: 9 })).toEqual([1]);
    await store.clearViews();
    expect(heights(0, 9)).toEqual([]);
    await store.close();
  });
});
