import type { AuditDuty } from '@assay/ledger';
import { limits } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { type AuditEvent, type AuditState, noAudits, stepAudits } from './state.ts';

const idOf = (number: number) => new Uint8Array(32).fill(number).with(1, number >> 8);
const duties = (step: AuditDuty['step'], ...numbers: number[]): AuditDuty[] =>
  numbers.map((number) => ({ taskId: idOf(number), step, deadline: 100 }));
const pace = { height: 10, commitBlocks: 96, blockTimeMs: 1000, auditMs: 1000 };

/** What follows from some events, one after the other, while the same is owed. */
function through(owed: readonly AuditDuty[], ...events: AuditEvent[]) {
  let state: AuditState = noAudits;
  return events.map((event) => {
    const step = stepAudits(state, event, { duties: owed, pace });
    state = step.state;
    return step.effects;
  });
}

const block = { type: 'block' } as const;
const commitment = new Uint8Array(32).fill(9);
const measured = (number: number) => ({ type: 'measured', taskId: idOf(number), commitment }) as const;
const failed = (number: number) => ({ type: 'measured', taskId: idOf(number), commitment: null }) as const;
const sent = (step: AuditDuty['step'], ...refused: number[]) =>
  ({ type: 'sent', step, refused: refused.map(idOf) }) as const;
const measure = (number: number, isLast = false) => ({ type: 'measure', taskId: idOf(number), isLast });
const commit = (...numbers: number[]) => ({
  type: 'commit',
  items: numbers.map((number) => ({ taskId: idOf(number), commitment })),
});

describe('the audits of a validator §14.4', () => {
  it('are measured two at a time, and sent while the next is measured', () => {
    const owed = duties('commit', 1, 2, 3);
    expect(through(owed, block, block, measured(1))).toEqual([
      ...[[measure(1), measure(2)], []],
      [measure(3), commit(1)],
    ]);
  });

  it('are in one list at a time: what gets ready meanwhile goes with the next', () => {
    const owed = duties('commit', 1, 2);
    expect(through(owed, block, measured(1), measured(2), sent('commit', 1))).toEqual([
      ...[[measure(1), measure(2)], [commit(1)], []],
      [commit(2)],
    ]);
  });

  it('that fail or are refused are not tried again before the next block', () => {
    expect(through(duties('commit', 1), block, failed(1), block)).toEqual([[measure(1)], [], [measure(1)]]);
    const reveal = { type: 'reveal', taskIds: [idOf(1)] };
    expect(through(duties('reveal', 1), block, sent('reveal', 1), block)).toEqual([[reveal], [], [reveal]]);
  });

  it('whose artifact is not there ask for it again, ever later, while there is time (§14.8)', () => {
    const owed = duties('commit', 1);
    let state: AuditState = noAudits;
    const asks: (readonly [number, boolean])[] = [];
    for (let height = 4; height < 100; height++) {
      const at = (event: AuditEvent) => {
        const step = stepAudits(state, event, { duties: owed, pace: { ...pace, height } });
        state = step.state;
        return step.effects;
      };
      for (const effect of at(block)) {
        if (effect.type !== 'measure') throw new Error(effect.type);
        asks.push([height, effect.isLast]);
        if (!effect.isLast) expect(at({ type: 'absent', taskId: idOf(1) })).toEqual([]);
      }
    }
    const [first, second, third, last] = [4, 10, 22, 46];
    expect(asks).toEqual([...[first, second, third].map((height) => [height, false]), [last, true]]);
  });

  it('ask for nothing again before what they have not asked for', () => {
    const absent = (number: number) => ({ type: 'absent', taskId: idOf(number) }) as const;
    const late = { height: 20, commitBlocks: 96, blockTimeMs: 1000, auditMs: 1000 };
    const owed = { duties: duties('commit', 1, 2), pace };
    const before = [block, absent(1), absent(2)].reduce(
      (state, event) => stepAudits(state, event, owed).state,
      noAudits,
    );
    const more = { duties: [...owed.duties, ...duties('commit', 3)], pace: late };
    expect(stepAudits(before, block, more).effects).toEqual([measure(3), measure(1)]);
  });

  it('are let go when they are not owed any more', () => {
    const before = stepAudits(noAudits, measured(1), { duties: duties('commit', 1), pace });
    expect(before.effects).toEqual([commit(1)]);
    const { state } = stepAudits(before.state, block, { duties: [], pace });
    expect(state.ready.size).toBe(0);
  });

  it('are no more in a list than a transaction holds', () => {
    const many = Array.from({ length: limits.maxAuditItems + 5 }, (_, i) => i);
    const [effects] = through(duties('reveal', ...many), block);
    expect(effects).toMatchObject([{ type: 'reveal', taskIds: { length: limits.maxAuditItems } }]);
  });
});
