import { EngineInfo } from '@assay/protocol';
import type { Worker } from '@assay/roles/miner/index';
import { toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { engineInfo } from '../src/serving.ts';
import { type Choose, SimulatedModel } from '../src/simulated-model.ts';
import type { World } from '../src/world.ts';
import { startWorld } from './start.fixture.ts';

const registered = new SimulatedModel('registered');
const garbage = 'x'.charCodeAt(0);
const tokens = 40;
const never: Choose = ({ ids, sampling, step }) => registered.choice(ids, sampling, step);

/** A miner that writes what `choose` says and reports it as the registered model sees it; what its audits found. */
async function audited(choose: Choose, temperaturesMicro: readonly number[]) {
  const net = await startWorld({
    miners: 1,
    // No epoch ends: who failed so often would be ejected.
    params: { epochBlocks: 4096 },
    modelOf: () => new SimulatedModel('registered', async () => {}, choose),
  });
  const asked: string[] = [];
  for (const [seed, temperatureMicro] of temperaturesMicro.entries()) {
    asked.push((await net.ask({ seed, temperatureMicro, maxTokens: tokens })).taskId);
    // One after the other, so that each verdict knows of those before.
    await net.until(() => asked.every((id) => net.isDecided(id)));
  }
  const found = asked.map((id) => net.task(id));
  return {
    verdicts: found.map((task) => task?.audit?.verdict),
    numbers: found.flatMap((task) => task?.audit?.auditors.map(({ numbers }) => numbers) ?? []),
    paid: found.filter((task) => task?.row.status !== 'rejected').length,
  };
}

const [cold, warm] = [0, 1_000_000];

describe('work that was not done', () => {
  it('has nothing in common with an honest answer, which repeats to the letter', async () => {
    const { verdicts: given, numbers } = await audited(never, [cold, warm, 1_700_000, 300_000]);
    expect(new Set(given)).toEqual(new Set(['pass']));
    expect(numbers.every(({ choiceMismatches, argmaxMismatches }) => choiceMismatches + argmaxMismatches === 0)).toBe(
      true,
    );
  });

  it('is garbage with the right numbers beside it: hard at once (verification §2.6, §10.12)', async () => {
    const { verdicts: given, numbers, paid } = await audited(() => garbage, [cold, warm, cold, warm]);
    expect(new Set(given)).toEqual(new Set(['hard']));
    expect(numbers.every(({ t1Ppb }) => t1Ppb < 1000)).toBe(true);
    expect(paid).toBe(0);
  });

  it('is a beginning written beforehand with an honest end: soft once it comes again (verification §4.7)', async () => {
    const begun: Choose = (at) => (at.step < 3 ? garbage : never(at));
    const { verdicts: given, paid } = await audited(begun, [cold, warm, cold]);
    expect(given).toEqual(['pass', 'soft', 'soft']);
    expect(paid).toBe(1);
  });
});

const otherEngine: EngineInfo = { ...engineInfo, build: '2' };

/** Asks so many tasks, and waits until nothing of them is open. */
async function answered(net: World, count: number, from = 0) {
  const asked: string[] = [];
  for (let seed = from; seed < from + count; seed++) asked.push((await net.ask({ seed })).taskId);
  await net.until(() => asked.every((id) => net.isDecided(id)));
  return asked.map((id) => net.task(id));
}

describe('an engine that nobody can check', () => {
  it('is malformed when it is not the registered one, and no work is paid for', async () => {
    let isCheating = false;
    let named = engineInfo;
    const net = await startWorld({
      miners: 1,
      params: { epochBlocks: 4096 },
      workerOf: (_, honest) => ({
        // Whoever asks before the work is told the truth.
        get engine() {
          const now = named;
          named = engineInfo;
          return now;
        },
        contextTokens: honest.contextTokens,
        model: null,
        async *generate(payload, bounds, signal) {
          yield* honest.generate(payload, bounds, signal);
          if (isCheating) named = otherEngine;
        },
      }),
    });
    await answered(net, 3);
    const { escrowUnits } = net.chain.head().sessions.at(net.session);
    isCheating = true;
    const tasks = await answered(net, 4, 3);
    for (const task of tasks) {
      expect(task?.audit?.verdict).toBe('hard');
      for (const { numbers } of task?.audit?.auditors ?? []) expect(numbers.flaw).toBe('engine');
    }
    expect(net.chain.head().sessions.at(net.session).escrowUnits).toBe(escrowUnits);
  });

  it('is unpaid when it is registered, always audited, trusted less, and no more drawn (§10.13)', async () => {
    let engine = engineInfo;
    const net = await startWorld({
      miners: 1,
      params: { epochBlocks: 16 },
      workerOf: (_, honest) => ({
        ...honest,
        generate: honest.generate,
        get engine() {
          return engine;
        },
      }),
    });
    const head = () => net.chain.head();
    await answered(net, 12);
    await net.blocks(17);
    const trusted = head().miners.standing(0).trustPpb;
    expect(trusted).toBeGreaterThan(100_000_000);
    const register = async (next: EngineInfo) => {
      const { models, contextTokens, concurrency, evidenceLevel, hardware, split } = head().miners.at(0);
      const offer = { miner: 0, models, contextTokens, concurrency, evidenceLevel, hardware, split };
      return net.send('miner-1', 'updateMiner', { ...offer, engine: EngineInfo.hashTreeRoot(next) });
    };
    expect(await register(otherEngine)).toBe('OK');
    engine = otherEngine;
    await net.blocks(17);
    const tasks = await answered(net, 5, 12);
    expect(tasks.map((task) => task?.audit?.verdict)).toEqual(Array(5).fill('noResult'));
    expect(tasks.every((task) => task?.row.status === 'rejected')).toBe(true);
    const numbers = tasks.flatMap((task) => task?.audit?.auditors.map((slot) => slot.numbers.finding));
    expect(new Set(numbers)).toEqual(new Set(['otherEngine']));
    await net.blocks(17);
    expect(head().miners.at(0)).toMatchObject({ resultsOwed: 50, weight: 0n, rejected: 0, cusumMilli: 0 });
    expect(head().miners.standing(0).trustPpb).toBeLessThan(trusted);
    await expect(net.ask()).rejects.toMatchObject({ code: 'NO_MINER' });
    expect(net.trace.said.filter((line) => line.includes('no validator runs the engine of miner 0'))).toHaveLength(5);
  });

  it('is registered by a network that starts again on it, and takes no work before it holds (§3.8)', async () => {
    const params = { epochBlocks: 16 };
    const before = await startWorld({ miners: 1, params });
    await before.end();
    const workerOf = (_: number, honest: Worker) => ({ ...honest, engine: otherEngine });
    const net = await startWorld({ miners: 1, after: before, workerOf });
    const rootOf = (engine: EngineInfo) => toHex(EngineInfo.hashTreeRoot(engine));
    const miner = () => net.chain.head().miners.at(0);
    if (toHex(miner().engine) === rootOf(engineInfo)) {
      await expect(net.ask()).rejects.toMatchObject({ code: 'NO_MINER' });
    }
    await net.until(() => toHex(miner().engine) === rootOf(otherEngine));
    expect(toHex(miner().earlierEngine)).toBe(rootOf(engineInfo));
    expect((await net.ask()).text).toHaveLength(8);
  });
});
