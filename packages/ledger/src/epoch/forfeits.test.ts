import type { Params } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { answer, caseWorld, members } from '../testing/cases.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { hardFailure, honest, softFailure, type World } from '../testing/world.fixture.ts';

/** What the miner of a world and those behind it hold. */
const behind = (world: World) => (['minerA', 'owner', 'otherPayer'] as const).map((name) => world.balance(name));
const decide = (world: World, id: number, isFine: boolean) =>
  members.slice(0, 2).map((member) => world.send(member, 'decideCase', { case: id, isFine }));
const forfeitOf = (world: World) => [...world.state.cases].find(({ cause }) => cause === 'forfeit');
const heldOf = (world: World) => world.events.find((event) => event.type === 'rewardsHeld');

/** A miner with a staker, of two answers in one epoch the second of which is bad. */
function failed(change: Partial<Params['cases']> = {}, params: Partial<Params> = {}): World {
  const world = caseWorld(change, params);
  world.send('otherPayer', 'delegate', { miner: 0, amountUnits: 500n });
  answer(world, honest);
  answer(world, hardFailure);
  return world;
}

describe('a confirmed hard failure (economics §6.7)', () => {
  it('puts what the epoch would have paid the miner into a case, and pays the others', () => {
    const world = failed();
    const before = behind(world);
    const { events } = world.finishEpoch();
    expect(behind(world)).toEqual(before);
    const close = events.find((event) => event.type === 'epochClosed')?.close;
    // 75 of 100 base units; and all of the miners' stack, since it was alone.
    const emissionUnits = close?.pools.find(({ stack }) => stack === 'miners')?.units ?? 0n;
    expect(heldOf(world)).toEqual({ type: 'rewardsHeld', case: 1, miner: 0, revenueUnits: 75n, emissionUnits });
    expect(emissionUnits).toBeGreaterThan(0n);
    expect(close?.payouts.some(({ stack }) => stack === 'miners')).toBe(false);
    expect(world.balance('creator')).toBeGreaterThan(1_000_000n);
    expect(forfeitOf(world)).toMatchObject({
      id: 1,
      role: 0,
      status: 'review',
      heldUnits: 75n + emissionUnits,
      fineUnits: 75n + emissionUnits,
    });
    // It is no stake, and counts in no cap.
    expect(world.state.miners.at(0).collateralUnits).toBe(900n);
  });

  it('is burned whole when the foundation agrees', () => {
    const world = failed();
    world.finishEpoch();
    const { burnedUnits } = world.state.globals;
    const held = forfeitOf(world)?.heldUnits ?? 0n;
    decide(world, 1, true);
    expect(world.state.globals.burnedUnits).toBe(burnedUnits + held);
    expect(forfeitOf(world)).toMatchObject({ status: 'executed', heldUnits: 0n });
  });

  it('is paid to operator, owner and stakers when it is dismissed, by silence as well', () => {
    const world = failed();
    const before = behind(world);
    world.finishEpoch();
    const held = forfeitOf(world)?.heldUnits ?? 0n;
    decide(world, 1, false);
    const gains = behind(world).map((units, i) => units - (before[i] ?? 0n));
    expect(gains.reduce((sum, units) => sum + units, 0n)).toBe(held);
    // 50, 35 and 15 %, to within the base unit of the apportionment.
    for (const [i, percent] of [50n, 35n, 15n].entries()) {
      const off = (gains[i] ?? 0n) * 100n - held * percent;
      expect(off > -100n && off < 100n).toBe(true);
    }
    const silent = failed({ automaticDecision: false });
    for (let epoch = 0; epoch <= 3; epoch++) silent.finishEpoch();
    expect(forfeitOf(silent)?.status).toBe('dismissed');
    expect(behind(silent)).toEqual(behind(world));
  });

  it('happens to nobody whose failure was soft, frozen (§10.8) or dismissed before', () => {
    const soft = caseWorld();
    answer(soft, honest);
    answer(soft, softFailure);
    const frozen = failed({ breakerMinFailing: 1 });
    const dismissed = failed();
    decide(dismissed, 0, false);
    for (const world of [soft, frozen, dismissed]) {
      const before = world.balance('minerA');
      world.finishEpoch();
      expect(forfeitOf(world)).toBeUndefined();
      expect(world.balance('minerA')).toBeGreaterThan(before);
    }
  });

  it('happens when the caps leave nothing to fine', () => {
    const world = caseWorld();
    for (let i = 0; i < 4; i++) answer(world);
    world.finishEpoch();
    const before = behind(world);
    answer(world, honest);
    answer(world);
    world.finishEpoch();
    expect(behind(world)).toEqual(before);
    expect(world.events.filter(({ type }) => type === 'rewardsHeld')).toHaveLength(1);
  });

  it.each([true, false])('does what was decided while the epoch was settled: %s', (isFine) => {
    const world = failed({}, { settlementRows: 1 });
    const before = behind(world);
    world.finishEpoch();
    expect(world.ledger.isSettling).toBe(true);
    expect(heldOf(world)).toBeUndefined();
    world.block(...members.slice(0, 2).map((member) => world.tx(member, 'decideCase', { case: 1, isFine })));
    const { burnedUnits } = world.state.globals;
    while (world.ledger.isSettling) world.block();
    const units = (heldOf(world)?.revenueUnits ?? 0n) + (heldOf(world)?.emissionUnits ?? 0n);
    expect(units).toBeGreaterThan(75n);
    const paid = behind(world).reduce((sum, each, i) => sum + each - (before[i] ?? 0n), 0n);
    expect(paid).toBe(isFine ? 0n : units);
    // The burned part of the revenue goes in any case.
    const burned = world.state.globals.burnedUnits - burnedUnits;
    expect([0n, 5n]).toContain(burned - (isFine ? units : 0n));
  });

  it('costs the emission of the day it was in, and the revenue of its epoch only', () => {
    const rewards = { ...worldParams.rewards, period: 1, dayMs: 100_000 };
    const world = caseWorld({ reviewEpochs: 10 }, { rewards, epochBlocks: 64 });
    const finishDay = () => {
      const { period } = world.state.globals;
      while (world.state.globals.period === period) world.block();
    };
    answer(world, honest);
    finishDay();
    answer(world, honest);
    answer(world, hardFailure);
    world.finishEpoch();
    answer(world, honest);
    const before = world.balance('minerA');
    finishDay();
    const [first, last] = world.events.filter((event) => event.type === 'rewardsHeld');
    expect(first).toMatchObject({ revenueUnits: 75n, emissionUnits: 0n });
    expect(last).toMatchObject({ revenueUnits: 0n });
    expect(last?.emissionUnits).toBeGreaterThan(0n);
    // 50 % of 75.
    expect([37n, 38n]).toContain(world.balance('minerA') - before);
  });
});
