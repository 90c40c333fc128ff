import { Block, Seal, type SealedBlock } from '@assay/protocol';
import { expect, it } from 'vitest';
import { newDirectory } from '../store/directory.fixture.ts';
import { openStore, type Store } from '../store/store.ts';
import { Application } from './application.ts';
import { openTestEngine, testChain, transferOf } from './chain.fixture.ts';
import { loadChain, rebuildViews, replay } from './replay.ts';

const chain = testChain({ epochBlocks: 4 });
const [alice, bob] = chain.accounts as [(typeof chain.accounts)[0], (typeof chain.accounts)[0]];
const last = 12;

const sealedAt = (store: Store, height: number): SealedBlock => ({
  block: Block.deserialize(store.blockAt(height) ?? new Uint8Array()),
  seal: Seal.deserialize(store.sealAt(height) ?? new Uint8Array()),
});

it('a chain that begins with a snapshot goes on as the whole one, and says what it has not (§16.14)', async () => {
  const whole = await openTestEngine(chain, await newDirectory());
  for (let nonce = 0; nonce < last; nonce++) {
    void whole.engine.chain.submit(transferOf(chain, { from: alice, to: bob.address, nonce }));
    await whole.engine.produceNow();
  }
  const begin = Math.max(...whole.store.snapshotHeights().filter((height) => height < last - 2));
  const snapshot = whole.store.snapshotAt(begin) ?? new Uint8Array();

  const store = await openStore({ dir: await newDirectory(), genesisHash: chain.hash });
  await store.begin(sealedAt(whole.store, begin), snapshot);
  await expect(store.begin(sealedAt(whole.store, begin), snapshot)).rejects.toThrow('holds blocks already');
  const options = { store, genesis: chain.genesis, onFatal: () => {} };
  const application = await Application.restore(options);
  expect(application.head().globals.height).toBe(begin);
  for (let height = begin + 1; height <= last; height++) {
    const { block, seal } = sealedAt(whole.store, height);
    expect(application.apply({ ...block.header, transactions: block.transactions })).toEqual(block.header);
    await application.commit(height === last ? null : seal);
  }
  await application.seal(last, sealedAt(whole.store, last).seal as Seal);
  expect(application.stateRoot()).toEqual(whole.engine.chain.stateRoot());
  expect([store.base, store.blockAt(begin - 1), store.resultAt(begin)]).toEqual([begin, null, null]);
  expect(store.sealAt(last)).toEqual(whole.store.sealAt(last));

  await rebuildViews(store, chain.genesis);
  expect(store.resultAt(last)).toEqual(whole.store.resultAt(last));
  expect(store.snapshotHeights()).toContain(begin);
  expect((await loadChain(store, chain.genesis)).ledger.stateRoot()).toEqual(application.stateRoot());
  await expect(replay(store, chain.genesis)).rejects.toMatchObject({ code: 'NO_EARLIER_BLOCKS' });
  await store.close();
  await whole.close();
});
