import type { AuditDuty } from '@assay/ledger';
import { describe, expect, it } from 'vitest';
import { feasibleDuties } from './schedule.ts';

const duties = (...deadlines: number[]): AuditDuty[] =>
  deadlines.map((deadline, i) => ({ taskId: new Uint8Array(32).fill(i), step: 'commit', deadline }));
const deadlinesOf = (kept: AuditDuty[]) => kept.map(({ deadline }) => deadline);
const pace = { height: 10, commitBlocks: 96, blockTimeMs: 1000, auditMs: 1000, lanes: 1 };

describe('the audits a validator takes up (protocol §14.4)', () => {
  it('are those with the soonest deadline first, while all can be met', () => {
    expect(deadlinesOf(feasibleDuties(duties(14, 12, 13), pace))).toEqual([12, 13, 14]);
  });

  it('are never one whose time is up', () => {
    expect(deadlinesOf(feasibleDuties(duties(10, 11, 20), pace))).toEqual([20]);
    expect(deadlinesOf(feasibleDuties(duties(10, 11, 20), { ...pace, auditMs: 0 }))).toEqual([11, 20]);
  });

  it('are the most that can be met when there are too many', () => {
    const many = duties(...Array.from({ length: 100 }, () => 15));
    expect(feasibleDuties(many, pace)).toHaveLength(4);
    expect(feasibleDuties(many, { ...pace, lanes: 2 })).toHaveLength(8);
    // Those that come later are not lost to those that are lost already.
    expect(deadlinesOf(feasibleDuties([...many, ...duties(20, 20)], pace)).slice(-2)).toEqual([20, 20]);
  });

  it('leave out as few as any choice could', () => {
    for (let seed = 1; seed < 200; seed++) {
      const deadlines = Array.from({ length: 8 }, (_, i) => 11 + ((seed * (i + 3) * 7919) % 9));
      const kept = feasibleDuties(duties(...deadlines), pace);
      for (const [index, { deadline }] of kept.entries()) {
        expect((index + 1) * pace.auditMs).toBeLessThanOrEqual((deadline - 10.5) * 1000);
      }
      expect(kept).toHaveLength(mostInTime(deadlines));
    }
  });
});

/** The largest set, by trying them all. */
function mostInTime(deadlines: readonly number[]): number {
  let most = 0;
  for (let set = 0; set < 2 ** deadlines.length; set++) {
    const chosen = deadlines.filter((_, i) => (set >> i) & 1).toSorted((a, b) => a - b);
    if (chosen.every((deadline, index) => index + 1 <= deadline - 10.5)) most = Math.max(most, chosen.length);
  }
  return most;
}
