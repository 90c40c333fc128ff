import type { TaskAnnouncement } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { FollowedTasks } from './followed-tasks.ts';
import { leadOracle, type OracleEvent, type OracleState, stepOracle } from './state.ts';

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
const oracles = [0, 1, 2];

/** An oracle that remembers what it is told to. */
class Watcher {
  readonly #tasks = new FollowedTasks();
  readonly state: OracleState;

  constructor(oracle: number) {
    this.state = { oracle, slotMs: 100, tasks: this.#tasks.all };
  }

  /** What it asks for after an event. */
  on(event: OracleEvent) {
    return stepOracle(this.state, event).filter((effect) => {
      if (effect.type !== 'wait' && effect.type !== 'requestTransition') this.#tasks.change(effect);
      return effect.type === 'requestTransition';
    });
  }

  hear(change: Partial<TaskAnnouncement> = {}): void {
    this.on({ type: 'announced', signed: signed(change) });
  }

  get followed(): number {
    return [...this.state.tasks.values()].reduce((sum, { size }) => sum + size, 0);
  }
}

const following = (oracle: number, change: Partial<TaskAnnouncement> = {}) => {
  const watcher = new Watcher(oracle);
  watcher.hear(change);
  return watcher;
};
const tick = (watcher: Watcher, nowMs: number, present: readonly number[] = oracles) =>
  watcher.on({ type: 'tick', nowMs, oracles: present });

describe('an oracle (D3, §5.3)', () => {
  it('looks four times in a slot, and changes nothing by itself', () => {
    const { state } = following(0);
    expect(stepOracle(state, { type: 'started' })).toEqual([{ type: 'wait', ms: 25 }]);
    const asked = ['wait', 'mark', 'requestTransition'];
    for (let time = 0; time < 2; time++) {
      expect(stepOracle(state, { type: 'tick', nowMs: 1050, oracles }).map(({ type }) => type)).toEqual(asked);
    }
  });

  it('says nothing before the deadline', () => {
    expect(tick(following(0), 1000)).toEqual([]);
  });

  it('asks once when it has the lead', () => {
    const watcher = following(0);
    expect(tick(watcher, 1050)).toMatchObject([{ type: 'requestTransition', signed: signed() }]);
    expect(tick(watcher, 1060)).toEqual([]);
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
    const watcher = following(0);
    tick(watcher, 1050);
    watcher.hear({ attempt: 1 });
    expect(tick(watcher, 1050)).toHaveLength(1);
    watcher.on({ type: 'refused', announcement });
    expect(tick(watcher, 1060)).toHaveLength(1);
  });

  it('forgets a task that ended, and one nobody has heard of for long', () => {
    const ended = following(0);
    ended.hear({ state: 'end' });
    expect(tick(ended, 1050)).toEqual([]);
    tick(ended, 1000 + 120_001);
    expect(ended.followed).toBe(0);
    const old = following(0);
    expect(tick(old, 1000 + 120_001)).toEqual([]);
    expect(old.followed).toBe(0);
  });

  it('is told nothing by an older word that somebody sends again (§5.3.2)', () => {
    const watcher = following(0, { attempt: 1, miner: 5, timeMs: 700, deadlineMs: 2000 });
    watcher.hear();
    expect(tick(watcher, 1050)).toEqual([]);
    watcher.hear({ attempt: 1, state: 'end', miner: 5, timeMs: 800, deadlineMs: 2000 });
    watcher.hear({ attempt: 1, miner: 5, timeMs: 700, deadlineMs: 2000 });
    expect(tick(watcher, 2050)).toEqual([]);
  });

  it('keeps those in hand when there are too many, and lets go of what ended', () => {
    const idOf = (n: number) => Uint8Array.of(n & 255, n >> 8, ...new Uint8Array(30));
    const watcher = new Watcher(0);
    for (let i = 0; i < 4096; i++) watcher.hear({ taskId: idOf(i), deadlineMs: 100_000 });
    watcher.hear({ taskId: idOf(7), state: 'end' });
    watcher.hear({ taskId: idOf(4096), deadlineMs: 100_000 });
    const followed = watcher.state.tasks.get(announcement.mixer) ?? new Map();
    expect(followed.size).toBe(4096);
    expect([idOf(7), idOf(0)].map((id) => followed.has(toHex(id)))).toEqual([false, true]);
  });

  it('is told nothing of a task by another mixer, and forgets none for the many of another', () => {
    const watcher = following(0);
    watcher.hear({ mixer: 2, state: 'end' });
    watcher.hear({ mixer: 2, deadlineMs: 1_000_000 });
    for (let i = 0; i < 20_000; i++) {
      const taskId = new Uint8Array(32);
      new DataView(taskId.buffer).setUint32(28, i + 1);
      watcher.hear({ mixer: 2, taskId, deadlineMs: 1_000_000 });
    }
    expect(watcher.followed).toBe(1 + 4096);
    expect(tick(watcher, 1050)).toEqual([{ type: 'requestTransition', signed: signed() }]);
  });
});
