import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerQueue } from './timer-queue.ts';

describe('timers in a queue', () => {
  it('come by their times, and of one time in the order they were added, whenever they are taken', () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(null)), { maxLength: 200 });
    fc.assert(
      fc.property(steps, (all) => {
        const queue = new TimerQueue<{ dueMs: number; number: number }>();
        let waiting: { dueMs: number; number: number }[] = [];
        for (const [number, dueMs] of all.entries()) {
          if (dueMs !== null) {
            queue.add({ dueMs, number });
            waiting.push({ dueMs, number });
            continue;
          }
          const [first, ...rest] = waiting.toSorted((a, b) => a.dueMs - b.dueMs || a.number - b.number);
          expect(queue.next).toEqual(first);
          expect(queue.take()).toEqual(first);
          waiting = rest;
        }
      }),
    );
  });
});
