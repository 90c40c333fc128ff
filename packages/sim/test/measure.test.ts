import { noEngine } from '@assay/ledger';
import { type Artifact, EngineInfo } from '@assay/protocol';
import { type Measuring, measure } from '@assay/roles/validator/measure';
import { describe, expect, it } from 'vitest';
import { SimulatedModel } from '../src/simulated-model.ts';
import { artifactOf, startWorld } from './start.fixture.ts';

describe('what a validator measures', () => {
  it('is no result without the model or with another engine, and malformed whatever engine there is', async () => {
    const network = await startWorld({ miners: 1 });
    const { taskId } = await network.ask();
    await network.until(() => network.task(taskId) !== null);
    const state = network.chain.head();
    const task = network.task(taskId)?.row;
    const bundle = artifactOf(network, taskId);
    if (task === undefined || bundle === null) throw new Error('the task was certified and its artifact kept');
    const { engine } = bundle.reveal.artifact;
    const model = new SimulatedModel('registered');
    const audit = { seed: new Uint8Array(32), engine: noEngine };
    const base = { state, task, audit, bundle };
    const findingWith = async (change: object) => (await measure({ ...base, measuring: null, ...change })).finding;
    expect(await findingWith({ measuring: { engine, open: async () => model } })).toBe('checked');
    expect(await findingWith({})).toBe('noResult');
    expect(await findingWith({ measuring: { engine, open: async () => null } })).toBe('noResult');
    const other = { ...EngineInfo.clone(engine), attention: 'flash' };
    expect(await findingWith({ measuring: { engine: other, open: async () => model } })).toBe('otherEngine');
    // §10.2.1 All its auditors have one engine: what this machine finds with another nobody could compare.
    const boundTo = (each: EngineInfo) => ({ audit: { ...audit, engine: EngineInfo.hashTreeRoot(each) } });
    const exact = { measuring: { engine, open: async () => model } };
    expect(await findingWith({ ...exact, ...boundTo(engine) })).toBe('checked');
    expect(await findingWith({ ...exact, ...boundTo(other) })).toBe('noResult');
    // A profile that was withdrawn since the draw is neither its fault nor the miner's.
    expect(await findingWith({ measuring: { engine: other, open: async () => model }, ...boundTo(other) })).toBe(
      'noResult',
    );
    expect(await findingWith({ bundle: null })).toBe('noArtifact');
    const { artifact } = bundle.reveal;
    const flawWith = async (change: Partial<Artifact>, measuring: Measuring | null) => {
      const reveal = { ...bundle.reveal, artifact: { ...artifact, ...change } };
      const { finding, flaw } = await measure({ ...base, measuring, bundle: { ...bundle, reveal } });
      expect(finding).toBe('malformed');
      return flaw;
    };
    // verification §2.7 None of these needs the model, and the last no engine.
    expect(await flawWith({ fileHash: new Uint8Array(32) }, null)).toBe('file');
    expect(await flawWith({ engine: other }, null)).toBe('engine');
    // §3.8 Drawn before the registered engine was: what it was then nobody knows.
    const [reveal, older] = [
      { ...bundle.reveal, artifact: { ...artifact, engine: other } },
      { ...task, drawHeight: -1 },
    ];
    expect(await findingWith({ task: older, bundle: { ...bundle, reveal } })).toBe('otherEngine');
    expect(await flawWith({ windows: [] }, null)).toBe('evidence');
    expect(await flawWith({ promptIds: [] }, null)).toBe('evidence');
    const promptIds = artifact.promptIds.toReversed();
    expect(await flawWith({ promptIds }, { engine: other, open: async () => model })).toBe('prompt');
  });
});
