import type { Verifier } from '@assay/ledger';
import { transferOf } from '@assay/node/consensus/chain.fixture';
import { nativeVerifier } from '@assay/node/crypto/verifier';
import { Block } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { KnownSignatures } from '../src/known-signatures.ts';
import { Following } from './following.fixture.ts';

/** A chain whose third block holds a forged transfer, as a proposer that means ill would include it. */
async function withForgery() {
  const net = await Following.open();
  const [alice, bob] = net.chain.accounts as [(typeof net.chain.accounts)[0], (typeof net.chain.accounts)[0]];
  const pay = (nonce: number) => transferOf(net.chain, { from: alice, to: bob.address, nonce });
  await net.block([pay(0)]);
  await net.block([pay(1)]);
  const forged = pay(2);
  forged[4] = (forged[4] ?? 0) ^ 1;
  await net.block([forged]);
  expect(net.store.resultAt(3)?.codes).toEqual(['BAD_SIGNATURE']);
  await net.block([pay(2)]);
  return net;
}

/** Counts the signatures that are checked, those of seals apart. */
function counting(net: Following) {
  const checked = { count: 0 };
  const sealers = net.chain.sealers.map(({ publicKey }) => Buffer.from(publicKey).toString('hex'));
  const verifier: Verifier = {
    ...nativeVerifier,
    ed25519: (publicKey, message, signature) => {
      if (!sealers.includes(Buffer.from(publicKey).toString('hex'))) checked.count += 1;
      return nativeVerifier.ed25519(publicKey, message, signature);
    },
  };
  return { checked, verifier };
}

describe('a signature in a block §19.4', () => {
  it('is checked where one of the block does not hold, and nowhere else', async () => {
    const net = await withForgery();
    const peer = await net.node('a');
    const { checked, verifier } = counting(net);
    const follower = await net.follower({ peers: () => [peer], verifier });
    await net.reaches(follower, 4);
    expect([checked.count, net.isSame(follower)]).toEqual([1, true]);
  });

  it('is checked always where that is wanted', async () => {
    const net = await withForgery();
    const peer = await net.node('a');
    const { checked, verifier } = counting(net);
    const follower = await net.follower({ peers: () => [peer], verifier, verifyAll: true });
    await net.reaches(follower, 4);
    expect([checked.count, net.isSame(follower)]).toEqual([4, true]);
  });

  it('that a node hides costs the follower one step back, and that node its place', async () => {
    const net = await withForgery();
    const liar = await net.node('liar', { resultAt: () => ({ codes: ['OK'], events: [] }) });
    const waiting = await net.node('a');
    const { checked, verifier } = counting(net);
    let peers = [liar];
    const follower = await net.follower({ peers: () => peers, verifier });
    await net.runtime.pass(5000);
    expect([follower.store.height, checked.count, follower.fatal]).toEqual([3, 1, []]);
    const [record] = follower.engine.status().peers;
    expect(record?.lastFault).toMatch(/hid that block 3 rests on a signature/);
    peers = [liar, waiting];
    await net.reaches(follower, 4);
    expect(net.isSame(follower)).toBe(true);
    const { engine } = follower;
    expect(engine.chain.stateRoot()).toEqual(net.application.stateRoot());
  });
});

describe('a block of other rules §19.4', () => {
  it('halts a follower before it is written, whoever gives it', async () => {
    const net = await Following.open();
    await net.blocks(2);
    const header = { ...net.apply(), stateRoot: new Uint8Array(32).fill(1) };
    await net.runtime.until(net.application.commit(net.sealOf(header)));
    const other = Block.serialize({ header, transactions: [] });
    const peer = await net.node('a', { blockAt: (height) => (height === 3 ? other : net.store.blockAt(height)) });
    const follower = await net.follower({ peers: () => [peer], verifier: new KnownSignatures(nativeVerifier) });
    await net.runtime.pass(5000);
    await follower.ended;
    expect([follower.store.height, follower.fatal]).toEqual([2, ['LEDGER_HALTED']]);
    await expect(follower.engine.chain.submit(new Uint8Array(3))).rejects.toThrow(/other rules made it/);
    expect(follower.engine.status().peers[0]?.faults).toBe(0);
  });
});
