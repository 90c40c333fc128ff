import { limits } from '@assay/protocol';
import { type Claimed, RequestDedup } from '@assay/roles/mixer/request-dedup';
import { describe, expect, it } from 'vitest';
import { newDirectory } from '../src/store/directory.fixture.ts';
import { openStore, type Store } from '../src/store/store.ts';

const lifetimeBlocks = 8;
const ofByte = (byte: number) => new Uint8Array(32).fill(byte);
const request = (byte: number, validUntilMs = 5000) => ({ session: 0, requestHash: ofByte(byte), validUntilMs });

async function openMemory(dir?: string): Promise<{ store: Store; used: RequestDedup; dir: string }> {
  const at = dir ?? (await newDirectory());
  const store = await openStore({ dir: at, genesisHash: ofByte(9) });
  const used = new RequestDedup(store.roleStore('mixer-1'));
  used.restore();
  return { store, used, dir: at };
}

const turn = { mixer: 3, epoch: 0, sequence: 7 };
const by3 = { mixer: 3, seats: 4 };
/** What a mixer answers that is asked to sign for a task; what it signs it takes. */
function take(used: RequestDedup, asked: Claimed['request'], taskId: Uint8Array): string | null {
  const claims = [{ request: asked, taskId }];
  const [reason = null] = used.refusals(claims, by3);
  if (reason === null) used.take(claims, turn);
  return reason;
}

describe('used requests', () => {
  it('are one task: not admitted twice, and certified for no other (§5.6)', async () => {
    const { used, store } = await openMemory();
    used.admit(request(1), ofByte(1));
    expect(() => used.admit(request(1), ofByte(1))).toThrow('has been used');
    expect(() => used.admit(request(1), ofByte(2))).toThrow('has been used');
    expect(take(used, request(1), ofByte(1))).toBeNull();
    expect(take(used, request(1), ofByte(2))).toBe('the request was used for another task');
    await store.close();
  });

  it('of one session say nothing of another’s, so that nobody spoils a request of somebody else', async () => {
    const { used, store } = await openMemory();
    expect(take(used, { ...request(1), session: 7 }, ofByte(3))).toBeNull();
    used.admit(request(1), ofByte(1));
    await store.close();
  });

  it('outlive a restart once they are kept; what a crash cuts off is charged to nobody (§5.22)', async () => {
    const first = await openMemory();
    first.used.admit(request(1), ofByte(1));
    first.used.keep(request(1));
    first.used.admit(request(2), ofByte(2));
    expect(take(first.used, request(3), ofByte(3))).toBeNull();
    await first.store.roleStore('mixer-1').flushed();
    await first.store.close();
    const { used, store } = await openMemory(first.dir);
    expect(take(used, request(1), ofByte(4))).toBe('the request was used for another task');
    expect(take(used, request(3), ofByte(4))).toBe('the request was used for another task');
    expect(() => used.admit(request(1), ofByte(1))).toThrow('has been used');
    used.admit(request(2), ofByte(4));
    await store.close();
  });

  it('are forgotten when no draw from before their end can be certified, and not before (§5.22)', async () => {
    const { used, store } = await openMemory();
    expect(take(used, request(1, 5000), ofByte(1))).toBeNull();
    const block = (height: number, timeMs: number, nowMs = timeMs) =>
      used.onBlock({ height, timeMs }, nowMs, lifetimeBlocks);
    block(10, 7900);
    // Neither the clock nor the chain alone is past the end.
    block(11, 99_000, 7900);
    block(12, 7900, 99_000);
    expect(used.size).toBe(1);
    block(13, 9000);
    for (let height = 14; height <= 13 + lifetimeBlocks; height++) block(height, 9000);
    expect(take(used, request(1, 5000), ofByte(2))).toBe('the request was used for another task');
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
    expect(take(used, { ...request(0), requestHash: hash(0) }, ofByte(2))).toBe(
      'the request was used for another task',
    );
    // What other mixers admitted still has room.
    expect(take(used, request(200), ofByte(1))).toBeNull();
    await store.close();
  });

  it('that were signed for a batch are nobody’s again when its turn is taken without them (§14.11)', async () => {
    const first = await openMemory();
    expect(take(first.used, request(1), ofByte(1))).toBeNull();
    expect(take(first.used, request(2), ofByte(2))).toBeNull();
    const settle = (used: RequestDedup, isOpen: boolean) =>
      used.settle({ isOpen: () => isOpen, isCertified: ([byte]) => byte === 2 });
    settle(first.used, true);
    expect(take(first.used, request(1), ofByte(5))).toBe('the request was used for another task');
    await first.store.roleStore('mixer-1').flushed();
    await first.store.close();
    const { used, store } = await openMemory(first.dir);
    settle(used, true);
    expect(used.size).toBe(2);
    settle(used, false);
    expect(take(used, request(2), ofByte(5))).toBe('the request was used for another task');
    // The payer's own task is charged, and forgotten with its new end, not with the old one.
    expect(take(used, request(1, 9000), ofByte(5))).toBeNull();
    used.onBlock({ height: 1, timeMs: 8500 }, 8500, lifetimeBlocks);
    used.onBlock({ height: 2 + lifetimeBlocks, timeMs: 8500 }, 8500, lifetimeBlocks);
    expect(take(used, request(1), ofByte(1))).toBe('the request was used for another task');
    await store.close();
  });

  it('of one mixer that certifies nothing leave room for those of the others, and cost nothing unsigned', async () => {
    const { used, store } = await openMemory();
    const hash = (n: number) => Uint8Array.of(n & 255, (n >> 8) & 255, n >> 16, ...new Uint8Array(29));
    const quota = limits.maxUsedRequests / 2 / by3.seats;
    const claims = Array.from({ length: quota + 10 }, (_, n) => ({
      request: { ...request(0), requestHash: hash(n) },
      taskId: hash(n),
    }));
    const reasons = used.refusals(claims, by3);
    expect(used.size).toBe(0);
    expect(reasons.filter((reason) => reason === null)).toHaveLength(quota);
    used.take(claims.slice(0, quota), turn);
    expect(take(used, request(200), ofByte(1))).toBe('no room for another used request');
    const honest = [{ request: request(200), taskId: ofByte(1) }];
    expect(used.refusals(honest, { mixer: 1, seats: 4 })).toEqual([null]);
    await store.close();
  });
});
