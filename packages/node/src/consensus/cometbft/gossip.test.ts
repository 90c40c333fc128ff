import { limits, TransactionList } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { bundled, Gossip } from './gossip.ts';

const transaction = (length: number, byte = 1) => new Uint8Array(length).fill(byte);

describe('gossip §18.8', () => {
  it('sends what is fresh once, in bundles of at most 128 KiB, in its order', () => {
    const gossip = new Gossip();
    const sent = Array.from({ length: 1000 }, (_, i) => transaction(300, i % 256));
    for (const each of sent) gossip.add(each);
    const bundles = gossip.take();
    expect(bundles).toHaveLength(3);
    expect(Math.max(...bundles.map(({ length }) => length))).toBeLessThanOrEqual(128 * 1024);
    expect(bundles.flatMap((bundle) => bundled(bundle) ?? [])).toEqual(sent);
    expect(gossip.take()).toEqual([]);
  });

  it('sends one that is larger than a bundle alone', () => {
    const gossip = new Gossip();
    for (const length of [100, limits.maxTransactionBytes, 100]) gossip.add(transaction(length));
    const sizes = (bundles: Uint8Array[]) => bundles.map((bundle) => bundled(bundle)?.map(({ length }) => length));
    expect(sizes(gossip.take())).toEqual([[100], [limits.maxTransactionBytes], [100]]);
  });

  it('lets the oldest go when more waits than can wait for a block', () => {
    const gossip = new Gossip();
    const room = limits.maxWaitingBytes / limits.maxTransactionBytes;
    for (let i = 0; i <= room; i++) gossip.add(transaction(limits.maxTransactionBytes, i));
    const kept = gossip.take().flatMap((bundle) => bundled(bundle) ?? []);
    const marks = kept.map(([byte]) => byte);
    expect([marks[0], marks.length <= room]).toEqual([1, true]);
  });

  it('reads bundles of peers into memory of their own, and refuses what is none', () => {
    const bundle = TransactionList.serialize([transaction(5), transaction(7)]);
    expect(bundled(bundle)?.every(({ buffer, length }) => buffer.byteLength === length)).toBe(true);
    expect(bundled(bundle.subarray(0, 9))).toBeNull();
    expect(bundled(Uint8Array.of(1, 2, 3))).toBeNull();
    expect(bundled(TransactionList.serialize([transaction(5), transaction(128 * 1024)]))).toBeNull();
  });
});
