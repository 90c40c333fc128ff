import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Asked, maxQueueBytes, TaskQueue } from './task-queue.ts';

const most = 16;
const asked = (payer: string, change: Partial<Asked> = {}): Asked => ({
  domain: 0,
  model: 0,
  miners: [],
  payer,
  isBackground: false,
  bytes: 100,
  ...change,
});

/** A queue with these requests, and the payers in the order of their turns while nothing is in hand. */
function turnsOf(requests: readonly Asked[], inHand: Readonly<Record<string, number>> = {}): string[] {
  const queue = new TaskQueue();
  for (const each of requests) queue.enter(each, { nowMs: 0, most: 100 });
  const turns: string[] = [];
  for (;;) {
    const next = queue.next({ mayBegin: () => true, inHandOf: (payer) => inHand[payer] ?? 0 });
    if (next === null) return turns;
    turns.push(next.payer);
  }
}

describe('the queue of a domain §5.25', () => {
  it('gives each payer a turn, whoever sent how many first', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((payer) => asked(payer)) as [Asked, Asked, Asked];
    expect(turnsOf([a, a, a, a, b, b, c])).toEqual(['a', 'b', 'c', 'a', 'b', 'a', 'a']);
  });

  it('keeps nobody waiting behind two that ask again as soon as they had their turn', () => {
    const queue = new TaskQueue();
    const enter = (payer: string) => queue.enter(asked(payer), { nowMs: 0, most: 100 });
    const next = () => queue.next({ mayBegin: () => true, inHandOf: () => 0 })?.payer;
    for (const payer of ['a', 'a', 'a', 'b', 'c']) enter(payer);
    const turns: (string | undefined)[] = [];
    for (let i = 0; i < 9; i++) {
      const payer = next();
      turns.push(payer);
      if (payer === 'b' || payer === 'c') enter(payer);
    }
    expect(turns).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('goes by what a payer has in hand first', () => {
    expect(turnsOf([asked('a'), asked('b'), asked('a')], { a: 3 })).toEqual(['b', 'a', 'a']);
  });

  it('lets users go before the network’s own', () => {
    const own = asked('network', { isBackground: true });
    expect(turnsOf([own, own, asked('a'), asked('a')])).toEqual(['a', 'a', 'network', 'network']);
    const queue = new TaskQueue();
    queue.enter(own, { nowMs: 0, most });
    expect([queue.isAwaited(asked('a')), queue.isAwaited(own)]).toEqual([false, true]);
  });

  it('calls nobody whose model has no slot, and does not hold up the others by it', () => {
    const queue = new TaskQueue();
    queue.enter(asked('a'), { nowMs: 0, most });
    queue.enter(asked('b', { model: 1 }), { nowMs: 0, most });
    const next = () => queue.next({ mayBegin: ({ model }) => model === 1, inHandOf: () => 0 });
    expect(next()).toMatchObject({ payer: 'b' });
    expect(next()).toBe(null);
    expect(queue.of(0)).toHaveLength(1);
  });

  it('is bounded for each domain, and one payer fills half of it', () => {
    const queue = new TaskQueue();
    for (let i = 0; i < most / 2; i++) queue.enter(asked('a'), { nowMs: 0, most });
    expect(() => queue.enter(asked('a'), { nowMs: 0, most })).toThrow('8 requests of its payer wait');
    for (let i = 0; i < most / 2; i++) queue.enter(asked(`b${i}`), { nowMs: 0, most });
    expect(() => queue.enter(asked('c'), { nowMs: 0, most })).toThrow('16 requests wait in domain 0');
    expect(() => queue.enter(asked('c', { domain: 1 }), { nowMs: 0, most })).not.toThrow();
  });

  it('keeps so many bytes of text for each domain, and half of them for one payer', () => {
    const queue = new TaskQueue();
    const bytes = maxQueueBytes / 4;
    const enter = (payer: string, change: Partial<Asked> = {}) =>
      queue.enter(asked(payer, { bytes, ...change }), { nowMs: 0, most });
    const [first] = [enter('a'), enter('a')];
    expect(() => enter('a', { bytes: 1 })).toThrow('The texts of its payer');
    for (const payer of ['b', 'c']) enter(payer);
    expect(() => enter('d', { bytes: 1 })).toThrow('The texts that wait in domain 0');
    enter('a', { domain: 1 });
    queue.leave(first);
    enter('a');
  });

  it('loses and doubles nobody, whoever comes and leaves', () => {
    const act = fc.record({ payer: fc.constantFrom('a', 'b', 'c'), what: fc.constantFrom('enter', 'next', 'leave') });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const queue = new TaskQueue();
        const there = new Set<number>();
        for (const { payer, what } of acts) {
          if (what === 'enter') there.add(queue.enter(asked(payer), { nowMs: 0, most: 100 }).number);
          else if (what === 'next') {
            const next = queue.next({ mayBegin: () => true, inHandOf: () => 0 });
            expect(next === null).toBe(there.size === 0);
            if (next !== null) expect(there.delete(next.number)).toBe(true);
          } else {
            const [own] = queue.of(0).filter((each) => each.payer === payer);
            if (own !== undefined) queue.leave(own);
            if (own !== undefined) there.delete(own.number);
          }
          expect(new Set(queue.of(0).map(({ number }) => number))).toEqual(there);
        }
      }),
    );
  });
});
