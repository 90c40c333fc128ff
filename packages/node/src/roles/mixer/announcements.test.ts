import { type SignedAnnouncement, type TaskStateName, taskStates } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { Announcements, drawToleranceBlocks } from './announcements.ts';

const taskId = new Uint8Array(32).fill(1);

function announced(state: TaskStateName, attempt = 0): SignedAnnouncement {
  const announcement = {
    taskId,
    mixer: 0,
    state: taskStates[state],
    attempt,
    rank: 0,
    miner: 3,
    deadlineMs: 0,
    timeMs: 0,
  };
  return { announcement, signature: new Uint8Array(64) };
}

/** Whether a mixer that heard these at height 100, and then at 150, lets the task be drawn from a height. */
function allowed(drawHeight: number, ...heard: SignedAnnouncement[]): boolean {
  const announcements = new Announcements();
  for (const [i, each] of heard.entries()) announcements.record(each, { nowMs: i, height: 100 + 50 * i });
  return announcements.allowsDraw(taskId, drawHeight);
}

describe('the height of a draw §5.21', () => {
  const [least, most] = [100 - drawToleranceBlocks, 100 + drawToleranceBlocks];

  it('is near the one at which the task was first heard of: its mixer chose no other epoch', () => {
    const begun = [announced('prepare'), announced('start'), announced('end')];
    expect([least - 1, least, 100, most, most + 1].map((height) => allowed(height, ...begun))).toEqual([
      ...[false, true, true, true, false],
    ]);
  });

  it('may be far before for who heard of the task late, but not after', () => {
    for (const late of [announced('start'), announced('prepare', 1)]) {
      expect([1, 100, most, most + 1].map((height) => allowed(height, late))).toEqual([true, true, true, false]);
    }
  });

  it('is anything to who never heard of it', () => {
    expect(allowed(1)).toBe(true);
  });
});
