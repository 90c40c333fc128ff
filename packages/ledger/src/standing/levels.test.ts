import { describe, expect, it } from 'vitest';
import { honest, softFailure, World } from '../testing/world.fixture.ts';
import { levels, newWorld, work } from './levels.fixture.ts';

describe('levels (verification §4.4)', () => {
  it('rise by one for every streak, at the end of the epoch, and keep what is over', () => {
    const world = newWorld();
    work(world, honest, honest, honest, honest, honest);
    expect(world.state.miners.at(0)).toMatchObject({ level: 0, streak: 5, epochPassed: 5 });
    const { events } = world.finishEpoch();
    expect(world.state.miners.at(0)).toMatchObject({ level: 2, streak: 1, epochPassed: 0 });
    expect(events).toContainEqual({ type: 'levelChanged', miner: 0, from: 0, to: 2 });
    work(world, honest);
    world.finishEpoch();
    expect(world.state.miners.at(0)).toMatchObject({ level: 3, streak: 0 });
  });

  it('fall by one for every failure', () => {
    const world = newWorld();
    work(world, honest, honest, honest, honest, honest, honest);
    world.finishEpoch();
    expect(world.state.miners.standing(0).level).toBe(3);
    work(world, softFailure, honest);
    const { events } = world.finishEpoch();
    expect(world.state.miners.at(0)).toMatchObject({ level: 2, streak: 1, epochFailed: 0 });
    expect(events).toContainEqual({ type: 'levelChanged', miner: 0, from: 3, to: 2 });
  });

  it('do not rise while too many audits failed, and never fall below zero', () => {
    const world = newWorld();
    work(world, softFailure, softFailure, honest, honest);
    world.finishEpoch();
    expect(world.state.miners.at(0)).toMatchObject({ level: 0, streak: 2 });
  });

  it('end at ten', () => {
    const params = { epochBlocks: 128, levels: { ...levels, streak: 1 } };
    const world = new World({ audit: { newMinerTasks: 100 }, params }).populate();
    work(world, ...Array.from({ length: 12 }, () => honest));
    world.finishEpoch();
    expect(world.state.miners.standing(0).level).toBe(10);
  });

  it('multiply what was measured', () => {
    const none = { usageBps: 0, stakeBps: 0, hashRateBps: 0, feedbackBps: 0, bandwidthBps: 0, computeBps: 0 };
    const components = { ...none, latencyBps: 0, performanceBps: 0, vwuBps: 10_000 };
    const world = new World({ params: { epochBlocks: 64, levels, components } }).populate();
    world.block(world.tx('minerB', 'registerMiner', world.registration()));
    work(world, honest, honest);
    const other = world.receipt({ miner: 1, tokensIn: 20, tokensOut: 40 });
    world.certify(other);
    world.audit(other.taskId, new Map(world.auditorsOf(other.taskId).map((auditor) => [auditor, honest])));
    const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
    // Equal work: two tasks of 70, one of 140. Trust differs, and so do level 1 and level 0: 0.55 and 0.5.
    const [first, second] = close?.scores ?? [];
    if (first === undefined || second === undefined) throw new Error('two miners should compete');
    expect([first.levelPpb, second.levelPpb]).toEqual([550_000_000, 500_000_000]);
    expect([first.raw['vwu'], second.raw['vwu']]).toEqual([140n, 140n]);
    const [a, b] = [first, second].map((score) => BigInt(score.trustPpb) * BigInt(score.levelPpb));
    const expected = ((a ?? 0n) * 10n ** 18n) / ((a ?? 0n) + (b ?? 0n));
    expect((first.weight - expected) ** 2n).toBeLessThanOrEqual(4n);
  });
});
