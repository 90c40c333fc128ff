import type { TaskAnnouncement } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { leadOracle, type OracleState, stepOracle } from './state.ts';

const announcement: TaskAnnouncement = {
  taskId: new Uint8Array(32),
  mixer: 1,
  state: 'start',
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
const idle = (oracle: number): OracleState => ({ oracle, slotMs: 100, tasks: new Map() });
const oracles = [0, 1, 2];
const following = (oracle: number, change: Partial<TaskAnnouncement> = {}) => {
  const state = idle(oracle);
  stepOracle(state, { type: 'announced', signed: signed(change) });
  return state;
};
const followedBy = ({ tasks }: OracleState) => [...tasks.values()].reduce((sum, { size }) => sum + size, 0);
const tick = (state: OracleState, nowMs: number, present: readonly number[] = oracles) =>
  stepOracle(state, { type: 'tick', nowMs, oracles: present });

describe('an oracle (D3, §5.3)', () => {
  it('says nothing before the deadline', () => {
    expect(tick(following(0), 1000)).toEqual([]);
  });

  it('asks once when it has the lead', () => {
    const state = following(0);
    expect(tick(state, 1050)).toMatchObject([{ type: 'requestTransition', signed: signed() }]);
    expect(tick(state, 1060)).toEqual([]);
  });

  it('takes the lead over after a silent slot, one oracle at a time', () => {
    for (const nowMs of [1050, 1150, 1250, 1350]) {
      const asking = [0, 1, 2].filter((i) => tick(following(i), nowMs).length > 0);
      const options = { lateMs: nowMs - 1000, slotMs: 100, oracles };
      expect(asking).toEqual([leadOracle(announcement, options)]);
    }
    expect(leadOracle(announcement, { lateMs: 50, slotMs: 100, oracles })).toBe(0);
    expect(leadOracle(announcement, { lateMs: 150, slotMs: 100, oracles })).toBe(1);
  });

  it('has no turn while it is absent, and the others take theirs without waiting for it (§7.12)', () => {
    const asking = (nowMs: number) => [0, 1, 2].filter((i) => tick(following(i), nowMs, [1, 2]).length > 0);
    expect([1050, 1150, 1250].map(asking)).toEqual([[1], [2], [1]]);
  });

  it('asks again for the next attempt, and after a refusal', () => {
    const state = following(0);
    tick(state, 1050);
    stepOracle(state, { type: 'announced', signed: signed({ attempt: 1 }) });
    expect(tick(state, 1050)).toHaveLength(1);
    stepOracle(state, { type: 'refused', announcement });
    expect(tick(state, 1060)).toHaveLength(1);
  });

  it('forgets a task that ended, and one nobody has heard of for long', () => {
    const ended = following(0);
    stepOracle(ended, { type: 'announced', signed: signed({ state: 'end' }) });
    expect(followedBy(ended)).toBe(0);
    const old = following(0);
    expect(tick(old, 1000 + 120_001)).toEqual([]);
    expect(followedBy(old)).toBe(0);
  });

  it('is told nothing of a task by another mixer, and forgets none for the many of another', () => {
    const state = following(0);
    stepOracle(state, { type: 'announced', signed: signed({ mixer: 2, state: 'end' }) });
    stepOracle(state, { type: 'announced', signed: signed({ mixer: 2, deadlineMs: 1_000_000 }) });
    for (let i = 0; i < 20_000; i++) {
      const taskId = new Uint8Array(32);
      new DataView(taskId.buffer).setUint32(28, i + 1);
      stepOracle(state, { type: 'announced', signed: signed({ mixer: 2, taskId, deadlineMs: 1_000_000 }) });
    }
    expect(followedBy(state)).toBe(1 + 4096);
    expect(tick(state, 1050)).toEqual([{ type: 'requestTransition', signed: signed() }]);
  });
});
