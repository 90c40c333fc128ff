import { defaultParams, type SignedAnnouncement, type TaskAnnouncement, type TaskState } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { Announcements, maxAnnouncements, maxLate } from './announcements.ts';

const taskId = new Uint8Array(32).fill(1);
const { deadlines } = defaultParams;
const hearing = { nowMs: 0, height: 100, deadlines, present: new Set<number>() };

function announced(state: TaskState, attempt = 0, change: Partial<TaskAnnouncement> = {}): SignedAnnouncement {
  const announcement = {
    taskId,
    mixer: 0,
    state,
    attempt,
    rank: 0,
    miner: 3,
    deadlineMs: 0,
    timeMs: 0,
    ...change,
  };
  return { announcement, signature: new Uint8Array(64) };
}

/** What is heard of these mixers. */
function of(...mixers: number[]): Announcements {
  const announcements = new Announcements();
  announcements.hearOnly(mixers);
  return announcements;
}

describe('what a mixer says', () => {
  it('that comes first when the step is long due counts for a vote, and for nothing else (§5.3.5)', () => {
    const late = announced('prepare', 0, { deadlineMs: 1000 });
    const { attempt, state, miner, rank } = late.announcement;
    const request = { taskId, mixer: 0, attempt, state, miner, rank, oracle: 0, timeMs: 4000 };
    const votes = [3000, 3001].map((nowMs) => {
      const announcements = of(0);
      announcements.record(late, { ...hearing, nowMs });
      const agrees = announcements.agrees(request, { nowMs, isSigned: () => true });
      return [agrees, announcements.heard(0, taskId) !== null];
    });
    expect(votes).toEqual([
      [true, true],
      [true, false],
    ]);
  });

  const idOf = (n: number) => Uint8Array.of(n & 255, (n >> 8) & 255, n >> 16, ...new Uint8Array(29));
  const request = { taskId, mixer: 0, oracle: 0, attempt: 0, state: 'start' as const, miner: 3, rank: 0, timeMs: 0 };
  const isLate = { nowMs: 100_000, isSigned: () => true };

  it('of its own tasks nobody else drowns or says in its name (§14.10)', () => {
    const announcements = of(0, 1, 2, 3);
    announcements.record(announced('prepare'), hearing);
    for (let n = 2; n < 2 + maxAnnouncements; n++) {
      announcements.record(announced('prepare', 0, { taskId: idOf(n), mixer: 3 }), hearing);
    }
    announcements.record(announced('prepare', 7, { mixer: 3 }), hearing);
    announcements.record(announced('start'), { ...hearing, nowMs: 100 });
    expect(announcements.heard(0, taskId)).toMatchObject({ firstMs: 0, attempt: 0, lastMs: 100 });
    expect(announcements.heard(3, taskId)).toMatchObject({ attempt: 7 });
    expect(announcements.heard(3, idOf(2))).toBeNull();
    // Votes are on the word of the mixer that would obey (§5.3).
    expect(announcements.agrees(request, isLate)).toBe(true);
    expect(announcements.agrees({ ...request, mixer: 3 }, isLate)).toBe(false);
    announcements.record(announced('start', 0, { mixer: 3, deadlineMs: 0 }), hearing);
    announcements.record(announced('start', 0, { deadlineMs: 20_000, timeMs: 1 }), hearing);
    expect(announcements.agrees(request, { ...isLate, nowMs: 10_000 })).toBe(false);
  });

  it('of its own late tasks nobody else drowns (§14.10)', () => {
    const announcements = of(0, 3);
    announcements.record(announced('start', 0, { deadlineMs: 1000 }), { ...hearing, nowMs: 4000 });
    for (let n = 2; n < 2 + maxLate; n++) {
      const other = announced('start', 0, { taskId: idOf(n), mixer: 3, deadlineMs: 1000 });
      announcements.record(other, { ...hearing, nowMs: 4000 });
    }
    expect(announcements.agrees(request, isLate)).toBe(true);
    expect(announcements.agrees({ ...request, mixer: 3, taskId: idOf(2) }, isLate)).toBe(false);
    expect(announcements.agrees({ ...request, mixer: 3, taskId: idOf(1 + maxLate) }, isLate)).toBe(true);
  });

  it('last stays what it says, whichever of its older words is sent again (§14.10)', () => {
    const announcements = of(0);
    const said = [
      announced('prepare'),
      announced('precommit', 0, { timeMs: 10 }),
      announced('precommit', 0, { timeMs: 20 }),
      announced('prepare', 1, { timeMs: 30, miner: 4 }),
      announced('start', 1, { timeMs: 40, miner: 4 }),
    ];
    for (const each of said) announcements.record(each, hearing);
    for (const each of said) announcements.record(each, { ...hearing, nowMs: 50_000 });
    expect(announcements.heard(0, taskId)).toMatchObject({ attempt: 1, lastMs: 0 });
    expect(announcements.agrees({ ...request, attempt: 1, miner: 4 }, isLate)).toBe(true);
    announcements.record(announced('end', 1, { timeMs: 50, miner: 4 }), hearing);
    announcements.record(announced('start', 1, { timeMs: 40, miner: 4 }), hearing);
    expect(announcements.agrees({ ...request, attempt: 1, miner: 4 }, isLate)).toBe(false);
  });

  it('is heard while it has a seat, and known again when it has one again (§14.10)', () => {
    const announcements = of(0, 1);
    announcements.record(announced('prepare', 0, { mixer: 9 }), hearing);
    expect(announcements.heard(9, taskId)).toBeNull();
    announcements.record(announced('prepare'), hearing);
    announcements.hearOnly([1, 2]);
    announcements.record(announced('start', 1), hearing);
    expect(announcements.heard(0, taskId)).toBeNull();
    announcements.hearOnly([0, 2]);
    expect(announcements.heard(0, taskId)).toMatchObject({ attempt: 0 });
  });

  it('is forgotten once as many others as are heard have lost their seats later (§14.10)', () => {
    const announcements = of(0, 1);
    announcements.record(announced('prepare'), hearing);
    for (const seats of [
      [1, 2],
      [2, 3],
      [3, 4],
      [0, 4],
    ])
      announcements.hearOnly(seats);
    expect(announcements.heard(0, taskId)).toBeNull();
  });

  it('has no more room than others once there are more of them (§14.10)', () => {
    const announcements = of(0);
    for (let n = 1; n <= 4096; n++) announcements.record(announced('prepare', 0, { taskId: idOf(n) }), hearing);
    announcements.hearOnly(Array.from({ length: 64 }, (_, mixer) => mixer));
    announcements.record(announced('prepare', 0, { taskId: idOf(5000) }), hearing);
    const oldest = 4096 - maxAnnouncements / 64 + 2;
    expect([oldest, 5000].map((n) => announcements.heard(0, idOf(n)) !== null)).toEqual([true, true]);
    expect(announcements.heard(0, idOf(oldest - 1))).toBeNull();
  });

  it('of a deadline that no step has is not heard (§14.10)', () => {
    const announcements = of(0);
    const latestMs = Math.max(deadlines.firstTokenMs, deadlines.stallMs, deadlines.prepareMs, deadlines.commitMs);
    announcements.record(announced('start', 0, { deadlineMs: latestMs + 2001 }), hearing);
    expect(announcements.heard(0, taskId)).toBeNull();
    announcements.record(announced('start', 0, { deadlineMs: latestMs + 2000 }), hearing);
    expect(announcements.heard(0, taskId)).not.toBeNull();
  });
});
