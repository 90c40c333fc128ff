import { type TransferFields, transferOf } from '@assay/node/consensus/chain.fixture';
import { ChainServer } from '@assay/node/consensus/follow/index';
import { chainProtocols } from '@assay/node/consensus/follow/wire';
import { peerSigner } from '@assay/node/network/peer.fixture';
import { TransactionAnswer } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { type FollowerOptions, Following } from './following.fixture.ts';

async function open(peersOf: (net: Following) => Promise<string[]>, options: Partial<FollowerOptions> = {}) {
  const net = await Following.open();
  const [alice, bob] = net.chain.accounts as [(typeof net.chain.accounts)[0], (typeof net.chain.accounts)[0]];
  const peers = await peersOf(net);
  const follower = await net.follower({ peers: () => peers, ...options });
  net.make();
  await net.runtime.pass(3000);
  const pay = (nonce: number, change: Partial<TransferFields> = {}) =>
    transferOf(net.chain, { from: alice, to: bob.address, nonce, ...change });
  const { chain } = follower.engine;
  /** What becomes of them, each as `CODE height`. */
  const submit = (...transactions: Uint8Array[]) =>
    transactions.map((bytes) =>
      chain.submit(bytes).then(
        ({ code, height }) => `${code} ${height > 0}`,
        ({ code }) => code,
      ),
    );
  return { net, follower, peers, pay, submit, alice, bob };
}

/** A node that serves the chain and says one thing to every transaction, which it lets fall. */
async function nodeThatSays(net: Following, name: string, code: string): Promise<string> {
  const peer = await net.node(name);
  net.network.find(peer)?.handle(chainProtocols.transactions, async (stream) => {
    while ((await stream.messages.next()).done !== true) {
      await stream.send(TransactionAnswer.serialize({ code, height: net.application.head().globals.height + 1 }));
    }
    stream.close();
  });
  return peer;
}

describe('a transaction of a follower §19.6', () => {
  it('is in a block of others, in the order of its sender, and is answered when the follower has it', async () => {
    const { net, follower, pay, submit } = await open(async (each) => [await each.node('a'), await each.node('b')]);
    const codes = submit(...Array.from({ length: 300 }, (_, nonce) => pay(nonce)));
    await net.runtime.pass(5000);
    expect(new Set(await Promise.all(codes))).toEqual(new Set(['OK true']));
    expect(follower.engine.status().forwarding).toBe(0);
    expect(follower.engine.chain.head().nonceOf(net.chain.accounts[0]?.address ?? new Uint8Array())).toBe(300);
  });

  it('goes to another node when the first lets it fall, with all that waits', async () => {
    const { net, pay, submit } = await open(async (each) => [
      await nodeThatSays(each, 'sink', 'OK'),
      await nodeThatSays(each, 'other sink', 'OK'),
      await each.node('a'),
    ]);
    const codes = submit(pay(0), pay(1), pay(2));
    await net.runtime.pass(20_000);
    expect(await Promise.all(codes)).toEqual(['OK true', 'OK true', 'OK true']);
  });

  it('goes to another when the first is not there, and waits while nobody is', async () => {
    const { net, peers, pay, submit, follower } = await open(async (each) => [
      await each.node('a'),
      await each.node('b'),
    ]);
    for (const peer of peers) net.network.cutOff(peer);
    const codes = submit(pay(0), pay(1));
    await net.runtime.pass(20_000);
    expect(follower.engine.chain.isCurrent()).toBe(false);
    expect(follower.engine.status().forwarding).toBe(2);
    net.network.heal(peers[1] ?? '');
    await net.runtime.pass(40_000);
    expect(await Promise.all(codes)).toEqual(['OK true', 'OK true']);
    expect(follower.engine.chain.isCurrent()).toBe(true);
  });

  it('ends with its last height when nobody includes it', async () => {
    const { net, pay, submit, follower } = await open(async (each) => [await nodeThatSays(each, 'sink', 'OK')]);
    const { height } = follower.engine.chain.head().globals;
    const codes = submit(pay(0, { validUntil: height + 10 }));
    await net.runtime.pass(10_000);
    expect(await Promise.all(codes)).toEqual(['EXPIRED false']);
    expect(follower.engine.status().forwarding).toBe(0);
  });

  it('is not refused by one liar', async () => {
    const { net, pay, submit } = await open(async (each) => [
      await nodeThatSays(each, 'liar', 'INSUFFICIENT_BALANCE'),
      await nodeThatSays(each, 'other liar', 'ROLE_GONE'),
      await each.node('a'),
    ]);
    const codes = submit(pay(0), pay(1));
    await net.runtime.pass(5000);
    expect(await Promise.all(codes)).toEqual(['OK true', 'OK true']);
  });

  it('is refused when two say so alike, and by the only node there is', async () => {
    for (const names of [['a', 'b'], ['a']]) {
      const { net, pay, submit, follower } = await open(async (each) =>
        Promise.all(names.map((name) => nodeThatSays(each, name, 'INSUFFICIENT_BALANCE'))),
      );
      const codes = submit(pay(0));
      await net.runtime.pass(2000);
      expect(await Promise.all(codes)).toEqual(['INSUFFICIENT_BALANCE false']);
      expect(follower.engine.status().forwarding).toBe(0);
    }
  });

  it('is refused at once by its own node where that knows better', async () => {
    const { net, pay, submit } = await open(async (each) => [await each.node('a')]);
    const codes = submit(pay(7), pay(0, { feeUnits: 0n }), new Uint8Array(100));
    await net.runtime.pass(100);
    expect(await Promise.all(codes)).toEqual(['BAD_NONCE false', 'FEE_TOO_LOW false', 'MALFORMED false']);
  });

  it('is the oldest to be given up when there are too many, and that is said', async () => {
    const { net, submit, bob, follower } = await open(async (each) => [await nodeThatSays(each, 'sink', 'OK')]);
    const senders = net.chain.accounts.slice(0, 3);
    const many = senders.flatMap((from) =>
      Array.from({ length: 2800 }, (_, nonce) => transferOf(net.chain, { from, to: bob.address, nonce })),
    );
    net.rest();
    const codes = submit(...many);
    await net.runtime.pass(1000);
    expect(await Promise.race([codes[0], 'waiting'])).toBe('TOO_MANY_REQUESTS');
    expect(await Promise.race([codes.at(-1), 'waiting'])).toBe('waiting');
    expect(follower.engine.status().forwarding).toBe(8192);
  });

  it('passes through a follower of a follower', async () => {
    const { net, follower, pay } = await open(async (each) => [await each.node('a')]);
    const { engine, store } = follower;
    const peer = await net.network.join(peerSigner('served'));
    new ChainServer({ endpoint: peer, chain: engine.chain, store, runtime: net.runtime });
    const second = await net.follower({ name: 'second', peers: () => [peer.id] });
    await net.runtime.pass(5000);
    expect(second.engine.chain.isCurrent()).toBe(true);
    const code = second.engine.chain.submit(pay(0));
    await net.runtime.pass(5000);
    expect((await code).code).toBe('OK');
  });
});
