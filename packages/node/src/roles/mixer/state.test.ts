import {
  type Artifact,
  Artifact as ArtifactType,
  finishReasons,
  outcomes,
  precommitHash,
  type TaskStateName,
  TransitionOrder,
  taskKinds,
  taskStates,
} from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { windowsOf } from '../miner/artifact.ts';
import { beginTask, type MixerEffect, type MixerEvent, type MixerTask, newTask, stepTask } from './state.ts';

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill);
const sampling = { temperatureMicro: 700_000, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 7 };

const fresh = newTask(
  {
    taskId: bytes(32, 1),
    taskSequence: 9,
    request: { session: 2, gateway: 0, requestHash: bytes(32, 2), maxTokensIn: 20, maxTokensOut: 10, validUntilMs: 0 },
    requestSignature: bytes(64, 3),
    sampling,
    terms: { kind: taskKinds.user, model: 0, fileHash: bytes(32, 4), priceInUnits: 3n, priceOutUnits: 5n },
    deadlines: {
      prepareMs: 100,
      firstTokenMs: 200,
      generationMs: 300,
      generationPerTokenMs: 10,
      commitMs: 50,
      lostMs: 20,
    },
    maxReassignments: 2,
    draw: [11, 12, 13],
    order: [0, 1, 2],
    drawHeight: 40,
  },
  1000,
);

function run(task: MixerTask, events: readonly MixerEvent[]): { task: MixerTask; effects: MixerEffect[] } {
  let at = task;
  const effects: MixerEffect[] = [];
  for (const event of events) {
    const step = stepTask(at, event);
    at = step.task;
    effects.push(...step.effects);
  }
  return { task: at, effects };
}

const types = (effects: readonly MixerEffect[]) => effects.map((e) => e.type).filter((type) => type !== 'announce');
/** The word of oracle 3 that a step of an attempt is late. */
const late = (attempt: number, step: TaskStateName = 'prepare'): MixerEvent => {
  const { request } = TransitionOrder.defaultValue();
  const asked = { ...request.request, oracle: 3, attempt, state: taskStates[step] };
  return { type: 'transition', order: { request: { ...request, request: asked }, votes: [] }, nowMs: 1100 };
};
const accept: MixerEvent = { type: 'prepared', accepted: true, nowMs: 1010 };
const piece = (ids: number[], text: string, nowMs = 1020): MixerEvent => ({
  type: 'piece',
  piece: { ids, text },
  nowMs,
});

function artifactOf(task: MixerTask, change: Partial<Artifact> = {}): Artifact {
  const tokens = task.ids.map((id) => ({ id, text: '', negLogprobMicro: 1, top: [] }));
  return {
    ...ArtifactType.defaultValue(),
    version: 1,
    taskId: task.taskId,
    miner: task.draw[task.rank] ?? 0,
    fileHash: task.terms.fileHash,
    promptIds: [1, 2, 3],
    windows: windowsOf(tokens),
    sampling,
    finish: finishReasons.stop,
    tokensIn: 3,
    tokensOut: task.ids.length,
    text: new TextEncoder().encode(task.text),
    ...change,
  };
}

function commit(artifact: Artifact, requestHash = fresh.request.requestHash): MixerEvent[] {
  const salt = bytes(32, 8);
  const artifactRoot = ArtifactType.hashTreeRoot(artifact);
  return [
    {
      type: 'precommit',
      hash: precommitHash({ artifactRoot, salt, requestHash, model: 0 }),
      signature: bytes(64, 5),
      nowMs: 1030,
    },
    { type: 'reveal', artifact, artifactRoot, salt, nowMs: 1040 },
  ];
}

const begun = () => beginTask(fresh).task;

describe('a task at its mixer (§5)', () => {
  it('goes from Prepare to End and prices what was made', () => {
    const streaming = run(begun(), [accept, piece([5], 'a'), piece([6, 7], 'bc', 1025)]);
    expect(types(streaming.effects)).toEqual(['start', 'forward', 'forward']);
    expect(streaming.task.deadlineMs).toBe(1020 + 300 + 10 * 10);
    const done = run(streaming.task, commit(artifactOf(streaming.task)));
    expect(types(done.effects)).toEqual(['openReveal', 'finish']);
    const finish = done.effects.find((effect) => effect.type === 'finish');
    expect(finish?.receipt).toMatchObject({
      miner: 11,
      rank: 0,
      attempt: 0,
      tokensIn: 3,
      tokensOut: 3,
      priceUnits: 3n * 3n + 3n * 5n,
      firstTokenMs: 20,
      totalMs: 40,
      outcome: outcomes.complete,
    });
    expect(done.task.state).toBe('end');
  });

  it('asks the next in the draw when one declines, without counting a reassignment (§5.4)', () => {
    const { task, effects } = run(begun(), [{ type: 'prepared', accepted: false, nowMs: 1005 }]);
    expect(effects[0]).toEqual({ type: 'prepare', miner: 12 });
    expect(task).toMatchObject({ rank: 1, attempt: 0, deadlineMs: 1105 });
  });

  it('ends with NO_MINER when all decline', () => {
    const decline: MixerEvent = { type: 'prepared', accepted: false, nowMs: 1005 };
    const { effects } = run(begun(), [decline, decline, decline]);
    expect(effects.find((effect) => effect.type === 'fail')).toMatchObject({ code: 'NO_MINER' });
  });

  it('waits for the oracles when a miner is lost, with a nearer deadline (§5.3)', () => {
    const { task, effects } = run(begun(), [accept, piece([5], 'a'), { type: 'lost', nowMs: 1050 }]);
    expect(task).toMatchObject({ state: 'precommit', deadlineMs: 1070, rank: 0 });
    expect(types(effects)).toEqual(['start', 'forward']);
  });

  it('gives the client only what is new after a reassignment', () => {
    const first = run(begun(), [accept, piece([5, 6], 'ab'), late(0, 'precommit')]);
    expect(types(first.effects).slice(-3)).toEqual(['late', 'cancel', 'prepare']);
    const second = run(first.task, [accept, piece([5], 'a'), piece([6, 7], 'bc')]);
    expect(second.task).toMatchObject({ attempt: 1, rank: 1 });
    expect(second.effects.filter((effect) => effect.type === 'forward')).toEqual([
      { type: 'forward', firstToken: 1, text: 'c' },
    ]);
    const done = run(second.task, commit(artifactOf(second.task)));
    expect(done.effects.find((effect) => effect.type === 'finish')?.receipt).toMatchObject({ miner: 12, attempt: 1 });
  });

  it('never splices two answers', () => {
    const first = run(begun(), [accept, piece([5, 6], 'ab'), late(0, 'precommit')]);
    const second = run(first.task, [accept, piece([9], 'z')]);
    expect(types(second.effects)).toEqual(['start', 'cancel', 'fail']);
    expect(second.task.state).toBe('end');
  });

  it('expires after the last reassignment and charges nothing (§5.2)', () => {
    const { effects } = run(begun(), [late(0), late(1), late(2)]);
    expect(types(effects).at(-1)).toBe('fail');
    expect(effects.some((effect) => effect.type === 'finish')).toBe(false);
  });

  it('goes through a short draw again while reassignments are left (§5.2)', () => {
    const short = beginTask({ ...fresh, draw: [11, 12], order: [1, 0] }).task;
    const { effects } = run(short, [late(0), late(1)]);
    expect(effects.filter((effect) => effect.type === 'prepare').map(({ miner }) => miner)).toEqual([11, 12]);
  });

  it('ignores a transition of an earlier attempt or step', () => {
    const moved = run(begun(), [late(0)]);
    expect(run(moved.task, [late(0), late(1, 'start')]).effects).toEqual([]);
  });

  it('records which step of which miner was late, for the oracle that asked (§7.8)', () => {
    const { effects } = run(begun(), [accept, piece([5], 'a'), late(0, 'precommit')]);
    expect(effects.find((effect) => effect.type === 'late')?.late.transition).toEqual({
      ...{ session: 2, taskSequence: 9, requestHash: bytes(32, 2), replica: 0, kind: 0, drawHeight: 40 },
      ...{ step: taskStates.precommit, attempt: 0, miner: 11, rank: 0, oracle: 3 },
    });
  });

  it.each<[string, Partial<Artifact>]>([
    ['another text', { text: new TextEncoder().encode('other') }],
    ['another file', { fileHash: bytes(32, 9) }],
    ['more prompt tokens than it holds', { tokensIn: 4 }],
    ['another seed', { sampling: { ...sampling, seed: 8 } }],
    ['another task', { taskId: bytes(32, 7) }],
    ['a cancellation nobody asked for', { finish: finishReasons.cancelled }],
  ])('takes an artifact with %s for no result (D2)', (_, change) => {
    const streaming = run(begun(), [accept, piece([5, 6], 'ab')]);
    const done = run(streaming.task, commit(artifactOf(streaming.task, change)));
    expect(types(done.effects)).toEqual(['openReveal']);
    expect(done.task.state).toBe('commit');
  });

  it('takes a reveal that is not the precommitted one for no result (D2)', () => {
    const streaming = run(begun(), [accept, piece([5], 'a')]);
    const [precommit] = commit(artifactOf(streaming.task));
    const [, reveal] = commit(artifactOf(streaming.task, { totalMs: 99 }));
    const events = [precommit, reveal].filter((event) => event !== undefined);
    expect(types(run(streaming.task, events).effects)).toEqual(['openReveal']);
  });

  it('pays for what was made when the client leaves', () => {
    const left = run(begun(), [accept, piece([5], 'a'), { type: 'clientLeft', nowMs: 1022 }]);
    expect(types(left.effects).at(-1)).toBe('cancel');
    const artifact = artifactOf(left.task, { finish: finishReasons.cancelled });
    const done = run(left.task, commit(artifact));
    expect(done.effects.find((effect) => effect.type === 'finish')?.receipt.outcome).toBe(outcomes.partial);
  });
});
