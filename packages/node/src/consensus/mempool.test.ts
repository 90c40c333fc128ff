import { AssayError, type BodyKind, limits, Transaction, TransactionBody } from '@assay/protocol';
import type { Inclusion } from '@assay/roles/ports/chain';
import { encodeText, sha256 } from '@assay/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Envelope, Mempool, type Waiting } from './mempool.ts';

/** Of no meaning to the mempool. */
const transaction = {
  ...Transaction.defaultValue(),
  sender: new Uint8Array(20),
  signingRoot: sha256(),
};

let count = 0;
/** No two transactions have one signature. */
const newSignature = () => sha256(new TextEncoder().encode(String(count++)));

interface Sent {
  readonly entry: Waiting;
  answer: Inclusion | { readonly code: string } | null;
}

interface Fields extends Partial<Envelope> {
  readonly size?: number;
  readonly kind?: BodyKind;
}

function send(pool: Mempool, sender: string, nonce: number, more: Fields = {}): Sent {
  const { size = 100, kind = 'presence', ...rest } = more;
  const body = { ...transaction.content.body, kind } as TransactionBody;
  const address = encodeText(sender);
  const envelope = { sender, address, nonce, validUntil: 100, feeUnits: 1n, isFreeDuty: false, ...rest };
  const sent: Sent = {
    answer: null,
    entry: {
      transaction: {
        ...transaction,
        signature: newSignature(),
        bytes: new Uint8Array(size),
        content: { ...transaction.content, body },
      },
      envelope,
      resolve: (inclusion) => {
        sent.answer = inclusion;
      },
      reject: (error) => {
        sent.answer = { code: (error as AssayError).code };
      },
    },
  };
  pool.requireRoom(sent.entry);
  pool.add(sent.entry);
  return sent;
}
/** What a block lets go. */
function take(pool: Mempool, ...room: Parameters<Mempool['select']>): Waiting[] {
  const selected = pool.select(...room);
  for (const entry of selected) pool.remove(entry);
  return selected;
}

const full = expect.objectContaining({ code: 'TOO_MANY_REQUESTS' });
const names = (taken: readonly Waiting[]) => taken.map(({ envelope }) => `${envelope.sender}${envelope.nonce}`);

describe('mempool', () => {
  it('gives duties first with what comes before them, then the others as they came', () => {
    const pool = new Mempool();
    send(pool, 'a', 0);
    send(pool, 'b', 0);
    send(pool, 'a', 1);
    send(pool, 'b', 1, { isFreeDuty: true });
    send(pool, 'b', 2);
    expect(names(take(pool, 10, 1e6, 4))).toEqual(['b0', 'b1', 'a0', 'a1', 'b2']);
    expect(pool.size).toBe(0);
  });

  it.each([
    ['bytes', 100, 416],
    ['transactions', 4, 1e6],
  ])('gives duties half of the %s of a block, and the other half as all came', (_of, count, bytes) => {
    const pool = new Mempool();
    for (const sender of ['a', 'b']) send(pool, sender, 0);
    for (const sender of ['v', 'w', 'x']) send(pool, sender, 0, { isFreeDuty: true });
    expect(names(take(pool, count, bytes, 4))).toEqual(['v0', 'w0', 'a0', 'b0']);
    send(pool, 'c', 0);
    expect(names(take(pool, count, bytes, 4))).toEqual(['x0', 'c0']);
  });

  it('keeps room for duties, however much pays, and for what pays, however many duties', () => {
    const pool = new Mempool();
    const size = limits.maxTransactionBytes;
    const names = Array.from({ length: limits.maxWaitingBytes / size }, (_, i) => `sender ${i}`);
    for (const name of names) send(pool, name, 0, { size });
    expect(() => send(pool, 'another', 0)).toThrow(full);
    for (const name of names) send(pool, `duty of ${name}`, 0, { size, isFreeDuty: true });
    expect(() => send(pool, 'another', 0, { isFreeDuty: true })).toThrow(full);
    take(pool, 2, size * 2 + 8, 4);
    send(pool, 'another', 0);
    send(pool, 'another', 1, { isFreeDuty: true });
  });

  it('holds one duty of a kind of each sender', () => {
    const pool = new Mempool();
    send(pool, 'a', 0, { isFreeDuty: true });
    expect(() => send(pool, 'a', 1, { isFreeDuty: true })).toThrow(full);
    send(pool, 'a', 1, { isFreeDuty: true, kind: 'certifiedBatch' });
    send(pool, 'a', 2, { kind: 'certifiedBatch' });
    send(pool, 'b', 0, { isFreeDuty: true });
    expect(names(take(pool, 10, 1e6, 4))).toEqual(['a0', 'a1', 'b0', 'a2']);
    send(pool, 'a', 3, { isFreeDuty: true });
  });

  it('never takes a nonce before the one it follows, nor more than there is room for', () => {
    const sent = fc.record({
      sender: fc.constantFrom('a', 'b', 'c'),
      size: fc.integer({ min: 1, max: 500 }),
      kind: fc.constantFrom(null, ...TransactionBody.kinds),
    });
    fc.assert(
      fc.property(
        fc.array(sent),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 504, max: 2000 }),
        (all, count, room) => {
          const pool = new Mempool();
          const next = new Map<string, number>();
          const duties = new Set<string>();
          for (const { sender, size, kind } of all) {
            const nonce = pool.promisesOf(sender)?.nextNonce ?? 0;
            const isFreeDuty = kind !== null && !duties.has(sender + kind);
            duties.add(sender + kind);
            send(pool, sender, nonce, { size, isFreeDuty, ...(kind !== null && { kind }) });
          }
          while (pool.size > 0) {
            const taken = take(pool, count, room, 4);
            expect(taken.length).toBeGreaterThan(0);
            expect(taken.length).toBeLessThanOrEqual(count);
            expect(taken.reduce((sum, { transaction }) => sum + transaction.bytes.length + 4, 0)).toBeLessThanOrEqual(
              room,
            );
            for (const { envelope } of taken) {
              expect(envelope.nonce).toBe(next.get(envelope.sender) ?? 0);
              next.set(envelope.sender, envelope.nonce + 1);
            }
          }
          expect([...next.values()].reduce((sum, n) => sum + n, 0)).toBe(all.length);
        },
      ),
    );
  });

  it('counts what each sender has promised', () => {
    const pool = new Mempool();
    expect(pool.promisesOf('a')).toBeNull();
    send(pool, 'a', 7, { feeUnits: 5n });
    send(pool, 'a', 8, { feeUnits: 6n });
    expect(pool.promisesOf('a')).toEqual({ nextNonce: 9, feesUnits: 11n });
    take(pool, 1, 1e6, 4);
    expect(pool.promisesOf('a')).toEqual({ nextNonce: 9, feesUnits: 6n });
    take(pool, 1, 1e6, 4);
    expect(pool.promisesOf('a')).toBeNull();
  });

  it('keeps what it proposes until a block has it, and knows it by its bytes', () => {
    const pool = new Mempool();
    const [first] = [send(pool, 'a', 0), send(pool, 'a', 1)];
    expect(names(pool.select(1, 1e6, 4))).toEqual(['a0']);
    const { content, signature } = transaction;
    const bytes = Transaction.serialize({ content, signature });
    expect(pool.find(bytes)).toBeUndefined();
    const known = { ...first.entry, transaction: { ...transaction, bytes } };
    pool.add({ ...known, envelope: { ...known.envelope, sender: 'b' } });
    expect(pool.find(Uint8Array.from(bytes))?.envelope.sender).toBe('b');
    for (let times = 0; times < 2; times++) pool.remove(first.entry);
    expect(names(pool.select(10, 1e6, 4))).toEqual(['a1', 'b0']);
    expect([pool.size, pool.promisesOf('a')]).toEqual([2, { nextNonce: 2, feesUnits: 1n }]);
  });

  it('proposes the first however large it is, duties before all others, and nothing large after it', () => {
    const pool = new Mempool();
    send(pool, 'a', 0);
    send(pool, 'b', 0, { size: 1000, isFreeDuty: true });
    send(pool, 'c', 0, { size: 1000 });
    expect(names(take(pool, 10, 300, 4))).toEqual(['b0']);
    expect(names(take(pool, 10, 300, 4))).toEqual(['a0']);
    expect(names(take(pool, 10, 300, 4))).toEqual(['c0']);
  });

  it('refuses what expired and what no longer follows', () => {
    const pool = new Mempool();
    const sent = [
      send(pool, 'a', 0),
      send(pool, 'a', 1, { validUntil: 9 }),
      send(pool, 'a', 2),
      send(pool, 'b', 5),
      send(pool, 'c', 0),
    ];
    pool.prune(10, (address) => (address[0] === 'b'.charCodeAt(0) ? 4 : 0));
    expect(sent.map(({ answer }) => answer?.code)).toEqual([undefined, 'EXPIRED', 'BAD_NONCE', 'BAD_NONCE', undefined]);
    expect(names(take(pool, 10, 1e6, 4))).toEqual(['a0', 'c0']);
  });

  it('is bounded by transactions of one sender, transactions and bytes', () => {
    const ofOne = new Mempool();
    for (let nonce = 0; nonce < limits.maxWaitingPerSender; nonce++) send(ofOne, 'a', nonce, { size: 0 });
    expect(() => send(ofOne, 'a', limits.maxWaitingPerSender)).toThrow(full);
    const bytesOfOne = new Mempool();
    send(bytesOfOne, 'a', 0, { size: limits.maxWaitingBytesPerSender });
    expect(() => send(bytesOfOne, 'a', 1, { size: 1 })).toThrow(full);
    take(bytesOfOne, 1, limits.maxBlockBytes, 4);
    send(bytesOfOne, 'a', 1, { size: 1 });
    const ofAll = new Mempool();
    for (let i = 0; i < limits.maxWaitingTransactions; i++) send(ofAll, `sender ${i}`, 0, { size: 0 });
    expect(() => send(ofAll, 'another', 0, { size: 0 })).toThrow(full);
    const ofBytes = new Mempool();
    const size = limits.maxTransactionBytes;
    for (let i = 0; i < limits.maxWaitingBytes / size; i++) send(ofBytes, `sender ${i}`, 0, { size });
    expect(() => send(ofBytes, 'another', 0, { size: 1 })).toThrow(full);
    take(ofBytes, 1, size + 4, 4);
    send(ofBytes, 'another', 0, { size: 1 });
  });

  it('gives up on everything at once', () => {
    const pool = new Mempool();
    const sent = [send(pool, 'a', 0), send(pool, 'b', 0)];
    pool.rejectAll(new AssayError('NODE_STOPPED'));
    expect(sent.map(({ answer }) => answer)).toEqual([{ code: 'NODE_STOPPED' }, { code: 'NODE_STOPPED' }]);
    expect(pool.size).toBe(0);
    expect(take(pool, 10, 1e6, 4)).toEqual([]);
  });
});
