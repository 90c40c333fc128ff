import { defaultParams, Receipt, type SignedAnnouncement, TaskAnnouncement, type TaskState } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { Announcements } from '../announcements.ts';
import { checkTime } from './check-time.ts';

const taskId = new Uint8Array(32).fill(1);
const announced = (state: TaskState, attempt = 0): SignedAnnouncement => ({
  announcement: { ...TaskAnnouncement.defaultValue(), taskId, attempt, state, deadlineMs: 30_000 },
  signature: new Uint8Array(64),
});
const hearing = { nowMs: 0, height: 0, deadlines: defaultParams.deadlines, present: new Set<number>() };
/** What a mixer heard, each by its own clock. */
const heard = (...words: [TaskState, number, number?][]): Announcements => {
  const announcements = new Announcements();
  announcements.hearOnly([0]);
  for (const [state, nowMs, attempt] of words) {
    announcements.record(announced(state, attempt), { ...hearing, nowMs });
  }
  return announcements;
};
const receipt = (firstTokenMs: number, totalMs: number, attempt = 0): Receipt => ({
  ...Receipt.defaultValue(),
  taskId,
  firstTokenMs,
  totalMs,
  attempt,
});

describe('the times of a receipt (§15.20)', () => {
  const all = heard(['prepare', 10_000], ['start', 10_100], ['precommit', 15_000], ['commit', 22_100], ['end', 22_900]);
  const check = (firstTokenMs: number, totalMs: number, announcements = all) =>
    checkTime({ announcements, nowMs: 23_000 }, receipt(firstTokenMs, totalMs), 0);

  it('may be what this mixer heard, two seconds more or less', () => {
    for (const [first, total] of [
      [5000, 12_100],
      [3000, 10_100],
      [5000, 15_000],
    ] as const) {
      expect(check(first, total)).toBeNull();
    }
  });

  it('may not flatter the miner, nor the other way', () => {
    expect(check(5000, 10_099)).toBe('it took more time than the receipt says');
    expect(check(5000, 15_001)).toBe('it took less time than the receipt says');
    expect(check(2999, 12_100)).toBe('its first token came later than the receipt says');
    expect(check(12_200, 12_100)).toBe('first token after the end');
  });

  it('leave a mixer the time its disk takes before it announces the end', () => {
    const slow = heard(['prepare', 0], ['commit', 1000], ['end', 9000]);
    expect(checkTime({ announcements: slow, nowMs: 9000 }, receipt(900, 1000), 0)).toBeNull();
  });

  it('count the first word of the first answer, whoever gave it', () => {
    const again = heard(['prepare', 0], ['precommit', 5000], ['prepare', 9000, 1], ['precommit', 12_000, 1]);
    const of = (firstTokenMs: number) =>
      checkTime({ announcements: again, nowMs: 23_000 }, receipt(firstTokenMs, 20_000, 1), 0);
    expect([of(3000), of(2999)]).toEqual([null, 'its first token came later than the receipt says']);
  });

  it('cannot be judged by a mixer that heard nothing, and by one that heard of another attempt', () => {
    expect(check(1, 1, new Announcements())).toBeNull();
    expect(checkTime({ announcements: all, nowMs: 23_000 }, receipt(5000, 12_100, 1), 0)).toContain('reassignments');
  });
});
