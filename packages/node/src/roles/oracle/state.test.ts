import { type TaskAnnouncement, taskStates } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { leadOracle, type OracleState, stepOracle } from './state.ts';

const announcement: TaskAnnouncement = {
  taskId: new Uint8Array(32),
  mixer: 1,
  state: taskStates.start,
  attempt: 0,
  rank: 0,
  miner: 4,
  deadlineMs: 1000,
  timeMs: 500,
};
const signed = (change: Partial<TaskAnnouncement> = {}) => ({
  announcement: { ...announcement, ...change },
  signature: new Uint8Array(64),
});
const idle = (oracle: number): OracleState => ({ oracle, oracles: 3, slotMs: 100, tasks: new Map(), asked: new Map() });
const following = (oracle: number, change: Partial<TaskAnnouncement> = {}) =>
  stepOracle(idle(oracle), { type: 'announced', taskId: 'a', signed: signed(change) }).state;

describe('an oracle (D3, §5.3)', () => {
  it('says nothing before the deadline', () => {
    expect(stepOracle(following(0), { type: 'tick', nowMs: 1000 }).effects).toEqual([]);
  });

  it('asks once when it has the lead', () => {
    const first = stepOracle(following(0), { type: 'tick', nowMs: 1050 });
    expect(first.effects).toMatchObject([{ type: 'requestTransition', taskId: 'a' }]);
    expect(stepOracle(first.state, { type: 'tick', nowMs: 1060 }).effects).toEqual([]);
  });

  it('takes the lead over after a silent slot, one oracle at a time', () => {
    for (const nowMs of [1050, 1150, 1250, 1350]) {
      const asking = [0, 1, 2].filter((i) => stepOracle(following(i), { type: 'tick', nowMs }).effects.length > 0);
      const options = { lateMs: nowMs - 1000, slotMs: 100, oracles: 3 };
      expect(asking).toEqual([leadOracle(announcement, options)]);
    }
    expect(leadOracle(announcement, { lateMs: 50, slotMs: 100, oracles: 3 })).toBe(0);
    expect(leadOracle(announcement, { lateMs: 150, slotMs: 100, oracles: 3 })).toBe(1);
  });

  it('asks again for the next attempt, and after a refusal', () => {
    const asked = stepOracle(following(0), { type: 'tick', nowMs: 1050 }).state;
    const moved = stepOracle(asked, { type: 'announced', taskId: 'a', signed: signed({ attempt: 1 }) }).state;
    expect(stepOracle(moved, { type: 'tick', nowMs: 1050 }).effects).toHaveLength(1);
    const refused = stepOracle(asked, { type: 'refused', taskId: 'a' }).state;
    expect(stepOracle(refused, { type: 'tick', nowMs: 1060 }).effects).toHaveLength(1);
  });

  it('forgets a task that ended', () => {
    const ended = stepOracle(following(0), {
      type: 'announced',
      taskId: 'a',
      signed: signed({ state: taskStates.end }),
    }).state;
    expect(ended.tasks.size).toBe(0);
  });
});
