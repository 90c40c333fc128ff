import { Block } from '@assay/protocol';
import { expect, it, onTestFinished } from 'vitest';
import { libp2pNet } from '../../network/nets.fixture.ts';
import { realRuntime } from '../../runtime/real.ts';
import { newDirectory } from '../../store/directory.fixture.ts';
import { openStore } from '../../store/store.ts';
import { openTestEngine, testChain, transferOf } from '../chain.fixture.ts';
import { ChainServer, FollowEngine } from './index.ts';
import { headTopic } from './wire.ts';

it('a follower gets blocks, and hands transactions on, over sockets, and leaves a liar (§19.3)', async () => {
  const chain = testChain({ blockTimeMs: 50 });
  const [alice, bob] = chain.accounts as [(typeof chain.accounts)[0], (typeof chain.accounts)[0]];
  const pay = (nonce: number) => transferOf(chain, { from: alice, to: bob.address, nonce });
  const maker = await openTestEngine(chain, await newDirectory());
  onTestFinished(maker.close);
  for (let nonce = 0; nonce < 30; nonce++) {
    const inclusion = maker.engine.chain.submit(pay(nonce));
    await maker.engine.produceNow();
    expect((await inclusion).code).toBe('OK');
  }

  const net = libp2pNet({ topics: [headTopic] });
  const runtime = realRuntime(() => {});
  const [full, liar, own] = [await net.join('full'), await net.join('liar'), await net.join('own')];
  const { store } = maker;
  const parts = { chain: maker.engine.chain, runtime };
  new ChainServer({ endpoint: full, store, ...parts });
  const wrong = (height: number) => {
    const bytes = store.blockAt(height);
    return bytes === null ? null : Block.serialize({ ...Block.deserialize(bytes), transactions: [] });
  };
  const served = {
    base: 0,
    height: 30,
    blockAt: wrong,
    sealAt: (height: number) => store.sealAt(height),
    resultAt: (height: number) => store.resultAt(height),
    snapshotHeights: () => [],
    snapshotAt: () => null,
  };
  new ChainServer({ endpoint: liar, store: served, ...parts });

  const ours = await openStore({ dir: await newDirectory(), genesisHash: chain.hash });
  let named = [liar.id];
  const peers = () => named;
  const { genesis } = chain;
  const follower = await FollowEngine.open({ store: ours, genesis, endpoint: own, peers, runtime, onFatal: () => {} });
  onTestFinished(async () => {
    await follower.stop();
    await ours.close();
  });
  const heights: number[] = [];
  follower.chain.onBlock(({ block }) => heights.push(block.header.height));
  follower.start();
  const fault = () => follower.status().peers.find(({ peer }) => peer === liar.id)?.lastFault ?? '';
  await expect.poll(fault).toMatch(/root of the transactions/);
  expect(ours.height).toBe(0);
  named = [liar.id, full.id];
  await expect.poll(() => ours.height).toBe(30);
  expect(follower.chain.stateRoot()).toEqual(maker.engine.chain.stateRoot());
  expect(heights).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));

  maker.engine.start();
  const codes = await Promise.all(Array.from({ length: 20 }, (_, i) => follower.chain.submit(pay(30 + i))));
  expect(new Set(codes.map(({ code }) => code))).toEqual(new Set(['OK']));
  await expect.poll(() => follower.chain.isCurrent()).toBe(true);
}, 60_000);
