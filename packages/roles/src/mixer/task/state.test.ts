import {
  type Artifact,
  Artifact as ArtifactType,
  precommitHash,
  type TaskState,
  TransitionOrder,
} from '@assay/protocol';
import { encodeText } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { windowsOf } from '../../miner/index.ts';
import { beginTask, type MixerEffect, type MixerEvent, type MixerTask, newTask, stepTask } from './state.ts';

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill);
const sampling = { temperatureMicro: 700_000, topPMicro: 1_000_000, topK: 0, minPMicro: 0, seed: 7 };

const fresh = () =>
  newTask(
    {
      taskId: bytes(32, 1),
      ticket: bytes(96, 9),
      request: {
        session: 2,
        gateway: 0,
        requestHash: bytes(32, 2),
        maxTokensIn: 20,
        maxTokensOut: 10,
        validUntilMs: 0,
      },
      requestSignature: bytes(64, 3),
      sampling,
      terms: { kind: 'user', model: 0, fileHash: bytes(32, 4), priceInUnits: 3n, priceOutUnits: 5n },
      deadlines: {
        prepareMs: 100,
        firstTokenMs: 200,
        generationMs: 300,
        generationPerTokenMs: 10,
        stallMs: 90,
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
const late = (attempt: number, step: TaskState = 'prepare', rank = attempt): MixerEvent => {
  const { request } = TransitionOrder.defaultValue();
  const asked = { ...request.request, oracle: 3, attempt, rank, state: step };
  return { type: 'transition', order: { request: { ...request, request: asked }, votes: [] }, nowMs: 1100 };
};
const accept: MixerEvent = { type: 'prepared', accepted: true, nowMs: 1010 };
const piece = (ids: number[], text: string, nowMs = 1020): MixerEvent => ({
  type: 'piece',
  piece: { ids, text: encodeText(text) },
  nowMs,
});

/** The artifact of a task that was given these ids and this text. */
function artifactOf(task: MixerTask, ids: readonly number[], text: string, change: Partial<Artifact> = {}): Artifact {
  const tokens = ids.map((id) => ({ id, text: '', negLogprobMicro: 1, top: [] }));
  return {
    ...ArtifactType.defaultValue(),
    version: 1,
    taskId: task.taskId,
    miner: task.draw[task.rank] ?? 0,
    fileHash: task.terms.fileHash,
    promptIds: [1, 2, 3],
    windows: windowsOf(tokens),
    sampling,
    finish: 'stop',
    tokensIn: 3,
    tokensOut: ids.length,
    text: encodeText(text),
    ...change,
  };
}

function commit(artifact: Artifact, asked: { requestHash?: Uint8Array; model?: number } = {}): MixerEvent[] {
  const salt = bytes(32, 8);
  const artifactRoot = ArtifactType.hashTreeRoot(artifact);
  return [
    {
      type: 'precommit',
      hash: precommitHash({ artifactRoot, salt, requestHash: bytes(32, 2), model: 0, ...asked }),
      signature: bytes(64, 5),
      nowMs: 1030,
    },
    { type: 'reveal', artifact, artifactRoot, salt, evidenceLevel: 2, nowMs: 1040 },
  ];
}

const begun = () => beginTask(fresh()).task;

describe('a task at its mixer (§5)', () => {
  it('goes from Prepare to End and prices what was made', () => {
    const streaming = run(begun(), [accept, piece([5], 'a'), piece([6, 7], 'bc', 1025)]);
    expect(types(streaming.effects)).toEqual(['start', 'forward', 'forward']);
    expect(streaming.task).toMatchObject({ deadlineMs: 1020 + 90, generationEndMs: 1020 + 300 + 10 * 10 });
    const done = run(streaming.task, commit(artifactOf(streaming.task, [5, 6, 7], 'abc')));
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
      outcome: 'complete',
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
    expect(types(effects)).toEqual(['start', 'forward', 'avoid']);
  });

  it('gives the client only what is new after a reassignment', () => {
    const first = run(begun(), [accept, piece([5, 6], 'ab'), late(0, 'precommit')]);
    expect(types(first.effects).slice(-3)).toEqual(['late', 'cancel', 'prepare']);
    const second = run(first.task, [accept, piece([5], 'a'), piece([6, 7], 'bc')]);
    expect(second.task).toMatchObject({ attempt: 1, rank: 1 });
    expect(second.effects.filter((effect) => effect.type === 'forward')).toEqual([
      { type: 'forward', firstToken: 1, text: encodeText('c') },
    ]);
    const done = run(second.task, commit(artifactOf(second.task, [5, 6, 7], 'abc')));
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
    const short = beginTask({ ...fresh(), draw: [11, 12], order: [1, 0] }).task;
    const { effects } = run(short, [late(0, 'prepare', 1), late(1, 'prepare', 0)]);
    expect(effects.filter((effect) => effect.type === 'prepare').map(({ miner }) => miner)).toEqual([11, 12]);
  });

  it('ignores a transition of an earlier attempt or step', () => {
    const moved = run(begun(), [late(0)]);
    expect(run(moved.task, [late(0), late(1, 'start')]).effects).toEqual([]);
  });

  it('takes a task from nobody but the miner that the mixers voted on', () => {
    const declined: MixerEvent = { type: 'prepared', accepted: false, nowMs: 1010 };
    const { task } = run(begun(), [declined]);
    expect(run(task, [late(0, 'prepare', 0)]).effects).toEqual([]);
    expect(run(task, [late(0, 'prepare', 1)]).effects).not.toEqual([]);
  });

  it('records which step of which miner was late, for the oracle that asked (§7.8)', () => {
    const { effects } = run(begun(), [accept, piece([5], 'a'), late(0, 'precommit')]);
    expect(effects.find((effect) => effect.type === 'late')?.late.transition).toEqual({
      session: 2,
      requestHash: bytes(32, 2),
      ticket: bytes(96, 9),
      replica: 0,
      kind: 'user',
      drawHeight: 40,
      step: 'precommit',
      attempt: 0,
      miner: 11,
      rank: 0,
      oracle: 3,
    });
  });

  it.each<[string, Partial<Artifact>]>([
    ['another text', { text: encodeText('az') }],
    ['other bytes for the same characters', { text: encodeText('\ufeffab') }],
    ['a token more', { windows: windowsOf([5, 6, 7].map((id) => ({ id, text: '', negLogprobMicro: 1, top: [] }))) }],
    ['another file', { fileHash: bytes(32, 9) }],
    ['more prompt tokens than it holds', { tokensIn: 4 }],
    ['fewer prompt ids than it bills', { promptIds: [] }],
    ['no ids where the miner has them', { promptIds: [], windows: [], tokensIn: 20, tokensOut: 10 }],
    ['another seed', { sampling: { ...sampling, seed: 8 } }],
    ['another task', { taskId: bytes(32, 7) }],
    ['a cancellation nobody asked for', { finish: 'cancelled' }],
  ])('takes an artifact with %s for no result (D2)', (_, change) => {
    const streaming = run(begun(), [accept, piece([5, 6], 'ab')]);
    const done = run(streaming.task, commit(artifactOf(streaming.task, [5, 6], 'ab', change)));
    expect(types(done.effects)).toEqual(['openReveal', 'breakOff', 'avoid']);
    expect(done.task.state).toBe('commit');
  });

  it('takes a reveal that is not the precommitted one for no result (D2)', () => {
    const streaming = run(begun(), [accept, piece([5], 'a')]);
    const [precommit] = commit(artifactOf(streaming.task, [5], 'a'));
    const [, reveal] = commit(artifactOf(streaming.task, [5], 'a', { totalMs: 99 }));
    const events = [precommit, reveal].filter((event) => event !== undefined);
    expect(types(run(streaming.task, events).effects)).toEqual(['openReveal', 'breakOff', 'avoid']);
  });

  it('bills no more of a text alone than so many bytes can be (§5.5)', () => {
    const bill = (tokensOut: number) => {
      const streaming = run(begun(), [accept, piece([], 'abc')]).task;
      const artifact = artifactOf(streaming, [], 'abc', { promptIds: [], tokensIn: 20, tokensOut });
      const events = commit(artifact).map((event) => ({ ...event, evidenceLevel: 0 }));
      return types(run(streaming, events).effects).at(-1);
    };
    expect([bill(4), bill(5)]).toEqual(['finish', 'avoid']);
  });

  it.each([
    ['another request', { requestHash: bytes(32, 9) }],
    ['another model', { model: 1 }],
  ])('takes an artifact that was signed for %s for no result (§5.1)', (_, asked) => {
    const streaming = run(begun(), [accept, piece([5], 'a')]).task;
    const { effects } = run(streaming, commit(artifactOf(streaming, [5], 'a'), asked));
    expect(types(effects)).toEqual(['openReveal', 'breakOff', 'avoid']);
  });

  it('pays for what was made when the client leaves', () => {
    const left = run(begun(), [accept, piece([5], 'a'), { type: 'clientLeft', nowMs: 1022 }]);
    expect(types(left.effects).at(-1)).toBe('cancel');
    const artifact = artifactOf(left.task, [5], 'a', { finish: 'cancelled' });
    const done = run(left.task, commit(artifact));
    expect(done.effects.find((effect) => effect.type === 'finish')?.receipt.outcome).toBe('partial');
  });

  it('ends at once when the client leaves before a miner has the request (§5.9)', () => {
    const { task, effects } = run(begun(), [{ type: 'clientLeft', nowMs: 1005 }, accept, late(0)]);
    expect(types(effects)).toEqual(['fail']);
    expect(task.state).toBe('end');
  });

  it('ends an answer that is shorter than what the client has (§5.8)', () => {
    const first = run(begun(), [accept, piece([5, 6], 'ab'), late(0, 'precommit')]);
    const second = run(first.task, [accept, piece([5], 'a')]);
    const done = run(second.task, commit(artifactOf(second.task, [5], 'a')));
    expect(done.effects.find((effect) => effect.type === 'fail')).toMatchObject({ code: 'ANSWER_INTERRUPTED' });
  });
});

describe('a request that a miner says is at fault (§5.15)', () => {
  const refusal: MixerEvent = { type: 'refused', code: 'CONTEXT_TOO_LONG', detail: '9 > 8', nowMs: 1015 };
  const fail = (effects: readonly MixerEffect[]) => effects.find((effect) => effect.type === 'fail');
  const claimed = () => run(begun(), [accept, refusal, { type: 'lost', nowMs: 1016 }, late(0, 'start')]);

  it('is tried by a second miner, at once, and nobody is avoided or late for it', () => {
    const { task, effects } = claimed();
    expect(types(effects)).toEqual(['start', 'cancel', 'prepare']);
    expect(task).toMatchObject({ attempt: 1, rank: 1, claims: [{ miner: 11, code: 'CONTEXT_TOO_LONG' }] });
    const seconded = run(task, [accept, refusal]);
    expect(types(seconded.effects)).toEqual(['start', 'fail']);
    expect(fail(seconded.effects)).toMatchObject({ code: 'CONTEXT_TOO_LONG', detail: '9 > 8' });
  });

  it('costs the first miner a late step when the second one serves it', () => {
    const { task } = claimed();
    const served = run(task, [accept, piece([5], 'a')]);
    const done = run(served.task, commit(artifactOf(served.task, [5], 'a')));
    expect(types(done.effects)).toEqual(['openReveal', 'late', 'finish']);
    expect(done.effects.find((effect) => effect.type === 'late')?.late.transition).toMatchObject({
      miner: 11,
      attempt: 0,
      step: 'start',
    });
  });

  it('is not seconded by another reason', () => {
    const { task } = claimed();
    const other = run(task, [accept, { ...refusal, code: 'INVALID_REQUEST' }]);
    expect(fail(other.effects)).toBeUndefined();
    expect(other.task.state).toBe('start');
  });

  it.each<[string, Partial<MixerTask>]>([
    ['there is no other miner', { draw: [11], order: [0] }],
    ['no other may be asked', { maxReassignments: 0 }],
  ])('is believed at once when %s', (_, change) => {
    const { effects } = run(beginTask({ ...fresh(), ...change }).task, [accept, refusal]);
    expect(types(effects)).toEqual(['start', 'fail']);
  });

  it('is what the client hears when nobody else could take it, and costs nobody anything', () => {
    const { task } = claimed();
    const decline: MixerEvent = { type: 'prepared', accepted: false, nowMs: 1030 };
    const { effects } = run(task, [decline, decline]);
    expect(types(effects)).toEqual(['prepare', 'fail']);
    expect(fail(effects)).toMatchObject({ code: 'CONTEXT_TOO_LONG' });
  });

  it('is no excuse once an answer has begun', () => {
    const { task, effects } = run(begun(), [accept, piece([5], 'a'), refusal]);
    expect(types(effects).slice(-2)).toEqual(['breakOff', 'avoid']);
    expect(task.claims).toEqual([]);
  });
});

describe('the bounds of a stream', () => {
  const started = () => run(begun(), [accept]).task;
  const tooMuch: [string, MixerEvent][] = [
    ['more tokens than were asked for', piece(new Array(11).fill(5), 'a')],
    ['more text than so many tokens can have', piece([], 'a'.repeat(10 * 1024 + 1))],
    ['nothing', piece([], '')],
  ];

  it.each(tooMuch)('break a miner off that sends %s (§5.16)', (_, event) => {
    const { task, effects } = run(started(), [event]);
    expect(types(effects)).toEqual(['breakOff', 'avoid']);
    expect(task.answer.length).toEqual({ tokens: 0, textBytes: 0 });
  });

  it('break it off after its last token too, and before its first word is due (§5.16)', () => {
    const full = run(started(), [piece([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 'a')]).task;
    expect(types(run(full, [piece([11], 'b')]).effects)).toEqual(['breakOff', 'avoid']);
    expect(types(run(begun(), [piece([1], 'b')]).effects)).toEqual(['breakOff', 'avoid']);
  });

  it('take a silence for late, however long the answer may be, and are seldom announced (§5.17)', () => {
    const announced = (effects: readonly MixerEffect[]) => effects.filter(({ type }) => type === 'announce').length;
    const first = run(started(), [piece([1], 'a', 1100)]);
    expect([first.task.deadlineMs, announced(first.effects)]).toEqual([1190, 1]);
    const soon = run(first.task, [piece([2], 'b', 1110), piece([3], 'c', 1130)]);
    expect([soon.task.deadlineMs, announced(soon.effects)]).toEqual([1190, 0]);
    const later = run(soon.task, [piece([4], 'd', 1131)]);
    expect([later.task.deadlineMs, announced(later.effects)]).toEqual([1221, 1]);
  });

  it('never move a deadline beyond that of the whole answer (§5.17)', () => {
    const first = run(started(), [piece([1], 'a', 1100)]).task;
    const last = run(first, [piece([2], 'b', 1480)]);
    expect(last.task.deadlineMs).toBe(1100 + 300 + 10 * 10);
    expect(run(last.task, [piece([3], 'c', 1490)]).task.deadlineMs).toBe(1500);
  });
});
