import { limits } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { newDirectory } from '../../store/directory.fixture.ts';
import { openStore, type Store } from '../../store/store.ts';
import { UsedRequests } from './used-requests.ts';

const lifetimeBlocks = 8;
const ofByte = (byte: number) => new Uint8Array(32).fill(byte);
const request = (byte: number, validUntilMs = 5000) => ({ session: 0, requestHash: ofByte(byte), validUntilMs });

async function openMemory(dir?: string): Promise<{ store: Store; used: UsedRequests; dir: string }> {
  const at = dir ?? (await newDirectory());
  const store = await openStore({ dir: at, genesisHash: ofByte(9) });
  const used = new UsedRequests(store.roleStore('mixer-1'));
  used.restore();
  return { store, used, dir: at };
}

describe('used requests', () => {
  it('are one task: not admitted twice, and certified for no other (§5.6)', async () => {
    const { used, store } = await openMemory();
    used.admit(request(1), ofByte(1));
    expect(() => used.admit(request(1), ofByte(1))).toThrow('has been used');
    expect(() => used.admit(request(1), ofByte(2))).toThrow('has been used');
    expect(used.take(request(1), ofByte(1))).toBeNull();
    expect(used.take(request(1), ofByte(2))).toBe('the request was used for another task');
    await store.close();
  });

  it('of one session say nothing of another’s, so that nobody spoils a request of somebody else', async () => {
    const { used, store } = await openMemory();
    expect(used.take({ ...request(1), session: 7 }, ofByte(3))).toBeNull();
    used.admit(request(1), ofByte(1));
    await store.close();
  });

  it('outlive a restart once they are kept; what a crash cuts off is charged to nobody (§5.22)', async () => {
    const first = await openMemory();
    first.used.admit(request(1), ofByte(1));
    first.used.keep(request(1));
    first.used.admit(request(2), ofByte(2));
    expect(first.used.take(request(3), ofByte(3))).toBeNull();
    await first.store.roleStore('mixer-1').flushed();
    await first.store.close();
    const { used, store } = await openMemory(first.dir);
    expect(used.take(request(1), ofByte(4))).toBe('the request was used for another task');
    expect(used.take(request(3), ofByte(4))).toBe('the request was used for another task');
    expect(() => used.admit(request(1), ofByte(1))).toThrow('has been used');
    used.admit(request(2), ofByte(4));
    await store.close();
  });

  it('are forgotten when no draw from before their end can be certified, and not before (§5.22)', async () => {
    const { used, store } = await openMemory();
    expect(used.take(request(1, 5000), ofByte(1))).toBeNull();
    const block = (height: number, timeMs: number, nowMs = timeMs) =>
      used.onBlock({ height, timeMs }, nowMs, lifetimeBlocks);
    block(10, 7900);
    // Neither the clock nor the chain alone is past the end.
    block(11, 99_000, 7900);
    block(12, 7900, 99_000);
    expect(used.size).toBe(1);
    block(13, 9000);
    for (let height = 14; height <= 13 + lifetimeBlocks; height++) block(height, 9000);
    expect(used.take(request(1, 5000), ofByte(2))).toBe('the request was used for another task');
    block(14 + lifetimeBlocks, 9000);
    expect(used.size).toBe(0);
    expect([...store.roleStore('mixer-1').entries('used/')]).toEqual([]);
    await store.close();
  });

  it('that are still valid stay when there is no room: a mixer admits no more then (§5.22)', async () => {
    const { used, store } = await openMemory();
    const hash = (n: number) => Uint8Array.of(n & 255, (n >> 8) & 255, n >> 16, ...new Uint8Array(29));
    for (let n = 0; n < limits.maxUsedRequests / 2; n++) {
      used.admit({ ...request(0), requestHash: hash(n) }, ofByte(1));
    }
    expect(() => used.admit(request(200), ofByte(1))).toThrow('have not ended yet');
    expect(used.take({ ...request(0), requestHash: hash(0) }, ofByte(2))).toBe('the request was used for another task');
    // What other mixers admitted still has room.
    expect(used.take(request(200), ofByte(1))).toBeNull();
    await store.close();
  });
});
