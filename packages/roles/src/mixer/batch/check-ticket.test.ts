import { defaultParams, type TaskState } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { Announcements, clockToleranceMs } from '../announcements.ts';
import { drawToleranceBlocks, mayBeDrawn } from './check-ticket.ts';

const taskId = new Uint8Array(32).fill(1);
const blockTimeMs = 1000;
/** Height of a chain with a block each second, and of what has been heard of it. */
const height = 100;
const nowMs = height * blockTimeMs;

interface Word {
  readonly state: TaskState;
  readonly attempt?: number;
  /** Height of the mixer that hears it. */
  readonly known?: number;
}

/** Whether a mixer that heard these in this second lets the task be drawn from a height. */
function allowed(drawHeight: number, ...words: readonly Word[]): boolean {
  const announcements = new Announcements();
  announcements.hearOnly([0]);
  for (const { state, attempt = 0, known = height } of words) {
    const announcement = { taskId, mixer: 0, state, attempt, rank: 0, miner: 3, deadlineMs: nowMs, timeMs: 0 };
    const hearing = { nowMs, height: known, deadlines: defaultParams.deadlines, present: new Set<number>() };
    announcements.record({ announcement, signature: new Uint8Array(64) }, hearing);
  }
  const blockMs = (of: number) => (of <= height + drawToleranceBlocks ? of * blockTimeMs : null);
  return mayBeDrawn({ announcements, blockMs }, { mixer: 0, taskId, drawHeight });
}

describe('the height of a draw §5.21', () => {
  const toleranceBlocks = drawToleranceBlocks + clockToleranceMs / blockTimeMs;
  const [least, most] = [height - toleranceBlocks, height + toleranceBlocks];

  it('is near the one at which the task was first heard of: its mixer chose no other epoch', () => {
    const begun: Word[] = [{ state: 'prepare' }, { state: 'start', known: 150 }, { state: 'end', known: 150 }];
    expect([least - 1, least, height, most, most + 1].map((each) => allowed(each, ...begun))).toEqual([
      ...[false, true, true, true, false],
    ]);
  });

  it('may be far before for who heard of the task late, but not after', () => {
    for (const late of [{ state: 'start' }, { state: 'prepare', attempt: 1 }] as const) {
      expect([1, height, most, most + 1].map((each) => allowed(each, late))).toEqual([true, true, true, false]);
    }
  });

  it('is judged by the times of its blocks where the chain of who heard of it was behind', () => {
    for (const known of [1, 50, 89]) {
      const behind: Word = { state: 'prepare', known };
      expect([height, most, most + 1].map((each) => allowed(each, behind))).toEqual([true, true, false]);
    }
    const ahead: Word = { state: 'prepare', known: 150 };
    expect([least - 1, least, height, 150].map((each) => allowed(each, ahead))).toEqual([false, true, true, true]);
  });

  it('is anything to who never heard of it', () => {
    expect(allowed(1)).toBe(true);
  });
});
