import { Artifact, ArtifactBundle, EngineInfo, type MinerRow, tables } from '@assay/protocol';
import { hashRateOf, isRight } from '@assay/roles/mixer/measure/challenge';
import { type KnownAnswer, KnownAnswers } from '@assay/roles/mixer/measure/known-answers';
import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { littleEndian, sha256 } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { newDirectory } from '../src/store/directory.fixture.ts';
import { openStore } from '../src/store/store.ts';

const engine = { ...Artifact.defaultValue().engine, name: 'simulated' };
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

function artifactOf(ids: readonly number[], change: Partial<Artifact> = {}): Artifact {
  const top = { ids: [0, 0, 0, 0, 0], negLogprobs: [0, 0, 0, 0, 0] };
  const windows = range(Math.ceil(ids.length / 32)).map((i) => {
    const part = ids.slice(i * 32, (i + 1) * 32);
    return { ids: part, chosenNegLogprobs: part.map(() => 0), top: part.map(() => top) };
  });
  return { ...Artifact.defaultValue(), engine, windows, ...change };
}

function taskOf(number: number, miner: number, ids: readonly number[], change: Partial<Artifact> = {}) {
  const taskId = sha256(littleEndian(number, 4));
  const task = { ...tables.tasks.elementType.defaultValue(), taskId, miner, model: 0 };
  const bundle = ArtifactBundle.defaultValue();
  return [task, { ...bundle, reveal: { ...bundle.reveal, artifact: artifactOf(ids, change) } }] as const;
}

const runtime = new SimulatedRuntime({ seed: 1 });

async function open() {
  const store = await openStore({ dir: await newDirectory(), genesisHash: new Uint8Array(32) });
  return { store, role: store.roleStore('mixer-1') };
}

const bytes = (fill: number) => new Uint8Array(20).fill(fill);
/** A miner that its own people run, unless told otherwise. */
const minerOf = (index: number, change: Partial<MinerRow> = {}): MinerRow => ({
  ...tables.miners.elementType.defaultValue(),
  operator: bytes(100 + index),
  owner: bytes(200 + index),
  models: [0],
  engine: EngineInfo.hashTreeRoot(engine),
  ...change,
});
const serving = (...rows: readonly MinerRow[]) => ({
  miners: { at: (index: number) => rows[index] ?? minerOf(index) },
});
const state = serving(...range(30).map((index) => minerOf(index)));
const takeAll = (known: KnownAnswers, miner: number, from = state) => {
  const taken: KnownAnswer[] = [];
  for (let next = known.take(miner, from); next !== null; next = known.take(miner, from)) taken.push(next);
  return taken;
};

describe('known answers §15.3', () => {
  it('are asked once of each miner that serves the model and did not give them, over a restart too', async () => {
    const { store, role } = await open();
    const known = new KnownAnswers(role, runtime);
    for (const number of range(4)) known.keep(...taskOf(number, number % 2, range(8)), 100);
    known.keep(...taskOf(9, 1, []), 100);
    expect(known.take(0, serving(minerOf(0, { models: [1] }), minerOf(1)))).toBeNull();
    // Another engine rounds otherwise: its miner is asked something fresh.
    expect(known.take(0, serving(minerOf(0, { engine: new Uint8Array(32) }), minerOf(1)))).toBeNull();
    expect(known.take(0, state)?.miner).toBe(1);
    const restarted = new KnownAnswers(role, runtime);
    restarted.restore();
    expect(takeAll(restarted, 0).map(({ miner }) => miner)).toEqual([1]);
    expect(takeAll(restarted, 2)).toHaveLength(4);
    await store.close();
  });

  it('are asked of nobody whose people gave them or were asked already: siblings tell each other', async () => {
    const { store, role } = await open();
    const known = new KnownAnswers(role, runtime);
    known.keep(...taskOf(0, 0, range(8)), 100);
    const kin = serving(
      minerOf(0),
      minerOf(1, { owner: bytes(200) }),
      minerOf(2),
      minerOf(3, { operator: bytes(102) }),
    );
    expect(known.take(1, kin)).toBeNull();
    expect(known.take(2, kin)?.miner).toBe(0);
    expect(known.take(3, kin)).toBeNull();
    await store.close();
  });

  it('are asked of four miners, and the last 256 are kept', async () => {
    const { store, role } = await open();
    const known = new KnownAnswers(role, runtime);
    known.keep(...taskOf(0, 0, range(8)), 100);
    const asked = range(20).filter((miner) => known.take(miner + 1, state) !== null);
    expect(asked).toEqual(range(4));
    for (const number of range(300)) known.keep(...taskOf(number, 0, range(8)), 100);
    expect(takeAll(known, 1)).toHaveLength(256);
    await store.close();
  });

  it('expire, and are no answers whose client left', async () => {
    const { store, role } = await open();
    const known = new KnownAnswers(role, runtime);
    known.keep(...taskOf(0, 0, range(8)), 100);
    known.keep(...taskOf(1, 0, range(8), { finish: 'cancelled' }), 100);
    known.expire(99);
    expect(takeAll(known, 1)).toHaveLength(1);
    known.expire(100);
    expect(takeAll(known, 2)).toEqual([]);
    await store.close();
  });
});

describe('the answer to a challenge §15.3', () => {
  const { payload } = ArtifactBundle.defaultValue();
  const base = { taskId: new Uint8Array(32), model: 0, miner: 0, engine, payload, givenTo: [], expiryHeight: 9 };
  const judge = (ids: readonly number[], change: Partial<Artifact> = {}, tokens = 40) =>
    isRight({ ...base, tokens, ids: range(40) }, artifactOf(ids, change));

  it('is right with as many ids, the same as far as they are known; another engine is not compared', () => {
    expect(judge(range(40))).toBe(true);
    expect(judge([...range(39), 7])).toBe(false);
    expect(judge([7, ...range(40).slice(1)])).toBe(false);
    expect(judge(range(39))).toBe(false);
    expect(judge(range(41))).toBe(false);
    expect(judge([])).toBe(false);
    expect(judge([...range(40), 7], {}, 41)).toBe(true);
    const other = { ...engine, build: '2' };
    expect(judge([7], { engine: other })).toBe(null);
  });

  it('counts by its tokens and time', () => {
    expect(hashRateOf(100, 2000)).toBe(50_000n);
    expect(hashRateOf(1, 3000)).toBe(333n);
    expect(hashRateOf(1, 0)).toBe(1_000_000n);
  });
});
