import { Artifact, ArtifactBundle, littleEndian, sha256, tables } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { newDirectory } from '../../store/directory.fixture.ts';
import { openStore } from '../../store/store.ts';
import { hashRateOf, isRight } from './challenge.ts';
import { KnownAnswers } from './known-answers.ts';

const engine = { ...Artifact.defaultValue().engine, name: new TextEncoder().encode('simulated') };
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

function artifactOf(ids: readonly number[], change: Partial<Artifact> = {}): Artifact {
  const top = { ids: [0, 0, 0, 0, 0], negLogprobs: [0, 0, 0, 0, 0] };
  const windows = range(Math.ceil(ids.length / 32)).map((i) => {
    const part = ids.slice(i * 32, (i + 1) * 32);
    return { ids: part, chosenNegLogprobs: part.map(() => 0), top: part.map(() => top) };
  });
  return { ...Artifact.defaultValue(), engine, windows, ...change };
}

function taskOf(number: number, miner: number, ids: readonly number[]) {
  const taskId = sha256(littleEndian(number, 4));
  const task = { ...tables.tasks.elementType.defaultValue(), taskId, miner, model: 0 };
  const bundle = ArtifactBundle.defaultValue();
  return [task, { ...bundle, reveal: { ...bundle.reveal, artifact: artifactOf(ids) } }] as const;
}

async function open() {
  const store = await openStore({ dir: await newDirectory(), genesisHash: new Uint8Array(32) });
  return { store, role: store.roleStore('mixer-1') };
}

describe('known answers §15.3', () => {
  it('are asked once of each miner that serves the model and did not give them, over a restart too', async () => {
    const { store, role } = await open();
    const known = new KnownAnswers(role);
    for (const number of range(4)) known.keep(...taskOf(number, number % 2, range(8)));
    known.keep(...taskOf(9, 1, range(7)));
    const serving = { models: [0] };
    expect(known.take(0, { models: [1] }, 9)).toEqual([]);
    expect(known.take(0, serving, 1).map(({ miner }) => miner)).toEqual([1]);
    const restarted = new KnownAnswers(role);
    restarted.restore();
    expect(restarted.take(0, serving, 9).map(({ miner }) => miner)).toEqual([1]);
    expect(restarted.take(0, serving, 9)).toEqual([]);
    expect(restarted.take(2, serving, 9)).toHaveLength(4);
    await store.close();
  });

  it('are asked of sixteen miners, and the last 256 are kept', async () => {
    const { store, role } = await open();
    const known = new KnownAnswers(role);
    known.keep(...taskOf(0, 0, range(8)));
    const asked = range(20).filter((miner) => known.take(miner + 1, { models: [0] }, 1).length > 0);
    expect(asked).toEqual(range(16));
    for (const number of range(300)) known.keep(...taskOf(number, 0, range(8)));
    expect(known.take(1, { models: [0] }, 1000)).toHaveLength(256);
    await store.close();
  });
});

describe('the answer to a challenge §15.3', () => {
  const known = { model: 0, miner: 0, engine, payload: ArtifactBundle.defaultValue().payload, givenTo: [] };
  const judge = (ids: readonly number[], change: Partial<Artifact> = {}) => {
    const payload = { ...known.payload, maxTokens: 40 };
    return isRight({ ...known, ids: range(64) }, payload, artifactOf(ids, change));
  };

  it('is right with the same ids, as many as were asked for; another engine is not compared', () => {
    expect(judge(range(40))).toBe(true);
    expect(judge([...range(39), 7])).toBe(false);
    expect(judge([7, ...range(40).slice(1)])).toBe(false);
    expect(judge(range(39))).toBe(false);
    expect(judge([])).toBe(false);
    const other = { ...engine, build: new TextEncoder().encode('2') };
    expect(judge([7], { engine: other })).toBe(null);
  });

  it('counts by its tokens and time', () => {
    expect(hashRateOf(100, 2000)).toBe(50_000n);
    expect(hashRateOf(1, 3000)).toBe(333n);
    expect(hashRateOf(1, 0)).toBe(1_000_000n);
  });
});
