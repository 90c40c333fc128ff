import type { EpochClose } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { stacksOf } from '../epoch/emission.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { honest, softFailure, World, type WorldOptions } from '../testing/world.fixture.ts';
import { endingPeriod } from './period.ts';

const UNIT = 1_000_000_000n;
const dayMs = 86_400_000;
const { globals } = new World().state;
const params = { ...worldParams, emissionPerDayUnits: 410_900n * UNIT };
const daily = { ...params, rewards: { ...params.rewards, period: 1 } };
/** A period that began so many days after the genesis, which was at 06:00 on a day of its own; all of it counts. */
const spanOf = (fromMs: number, toMs: number) => {
  const genesisMs = 20_000 * dayMs + dayMs / 4;
  const times = { genesisMs, periodStartMs: genesisMs + fromMs, timeMs: genesisMs + toMs };
  return { ...globals, ...times, mintMs: ((genesisMs + fromMs) % dayMs) + toMs - fromMs };
};

describe('schedule (economics §1.2)', () => {
  it('mints a day’s amount in a day, by block time, whatever the number of epochs', () => {
    const day = endingPeriod({ params, globals: { ...spanOf(0, dayMs), mintMs: dayMs } });
    expect(day).toEqual({ period: 0, forMs: dayMs, perDayUnits: 410_900n * UNIT, halvings: 0, isBootstrap: false });
    const rate = { period: 0, perDayUnits: 410_900n * UNIT, halvings: 0, limitUnits: null, isBootstrap: false };
    const emission = (forMs: number, dayMs: number) =>
      Object.values(stacksOf({ ...rate, forMs }, { ...params, rewards: { ...params.rewards, dayMs } })).reduce(
        (sum, units) => sum + units,
      );
    expect(emission(16_000, dayMs)).toBe(76_092_592_592n);
    expect(emission(60_000, 60_000)).toBe(410_900n * UNIT);
  });

  it('halves every 730 days, or never', () => {
    const at = (days: number, halvingDays = 730) =>
      endingPeriod({ params: { ...params, halvingDays }, globals: spanOf(days * dayMs, (days + 1) * dayMs) });
    expect(at(729)).toMatchObject({ perDayUnits: 410_900n * UNIT, halvings: 0 });
    expect(at(730)).toMatchObject({ perDayUnits: 205_450n * UNIT, halvings: 1 });
    expect(at(1460)).toMatchObject({ perDayUnits: 102_725n * UNIT, halvings: 2 });
    expect(at(730 * 70)?.perDayUnits).toBe(0n);
    expect(at(730 * 70, 0)).toMatchObject({ perDayUnits: 410_900n * UNIT, halvings: 0 });
  });

  it('takes the amount of the stage the period is in', () => {
    const staged = {
      ...params,
      emissionStages: [
        { fromPeriod: 3, perDayUnits: 300n },
        { fromPeriod: 9, perDayUnits: 90n },
      ],
    };
    const at = (period: number) => endingPeriod({ params: staged, globals: { ...spanOf(0, dayMs), period } });
    expect([0, 2, 3, 8, 9, 99].map((period) => at(period)?.perDayUnits)).toEqual([
      ...[410_900n * UNIT, 410_900n * UNIT, 300n, 300n, 90n, 90n],
    ]);
  });
});

describe('reward periods (economics §1.4)', () => {
  it('of a day end when the day of block time is over, and mint whole days', () => {
    const from = (fromMs: number, toMs: number) => endingPeriod({ params: daily, globals: spanOf(fromMs, toMs) });
    const quarter = dayMs / 4;
    expect(from(0, 3 * quarter - 1)).toBeNull();
    expect(from(0, 3 * quarter)).toMatchObject({ forMs: dayMs, halvings: 0 });
    expect(from(3 * quarter, 7 * quarter - 1)).toBeNull();
    expect(from(3 * quarter, 7 * quarter)).toMatchObject({ forMs: dayMs });
    // Blocks came for two more days while the epoch went on.
    expect(from(0, 3 * quarter + 2 * dayMs)).toMatchObject({ forMs: 3 * dayMs });
    // The network stood still for most of them.
    const stood = { ...spanOf(0, 3 * quarter + 2 * dayMs), mintMs: dayMs + 5 };
    expect(endingPeriod({ params: daily, globals: stood })).toMatchObject({ forMs: dayMs + 5 });
  });

  it('of a day halve by days of the calendar', () => {
    // The 730th midnight after the genesis, which was at 06:00.
    const globalsAt = spanOf(730 * dayMs - dayMs / 4, 731 * dayMs);
    expect(endingPeriod({ params: daily, globals: globalsAt })).toMatchObject({ halvings: 1 });
  });
});

/** Days of 24 s: three epochs of 16 blocks. */
const shortDays = { ...worldParams.rewards, period: 1, dayMs: 24_000 };

function dailyWorld(options: WorldOptions['params'] = {}): World {
  const world = new World({ params: { rewards: shortDays, ...options }, audit: { newMinerTasks: 50 } }).populate();
  world.send('minerB', 'registerMiner', world.registration());
  world.block();
  return world;
}

/** Certifies a task of a miner and lets its first auditor, or all three, speak. */
function work(world: World, miner: number, numbers = honest): void {
  const receipt = world.receipt({ miner });
  world.certify(receipt);
  for (const round of numbers === honest ? [0] : [0, 1]) {
    const open = world.auditorsOf(receipt.taskId).slice(round);
    world.audit(receipt.taskId, new Map(open.map((auditor) => [auditor, numbers])));
  }
}

/** Ends epochs until emission is paid. */
function finishPeriod(world: World): { close: EpochClose; epochs: number } {
  for (let epochs = 1; ; epochs++) {
    const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
    if (close === undefined) throw new Error('the epoch did not close');
    if (close.emission !== null) return { close, epochs };
    expect([close.mintedUnits, close.scores]).toEqual([0n, []]);
  }
}

describe('a network with days of 24 seconds', () => {
  it('pays revenue every epoch and emission every day, for the work of all its epochs', () => {
    const world = dailyWorld();
    finishPeriod(world);
    const { period } = world.state.globals;
    work(world, 0);
    world.finishEpoch();
    expect(world.events.filter((event) => event.type === 'taskPaid').length).toBe(1);
    work(world, 0);
    work(world, 1);
    const { close, epochs } = finishPeriod(world);
    expect(epochs).toBe(2);
    expect(close.emission).toEqual({
      period,
      forMs: 24_000,
      perDayUnits: 86_400_000_000n,
      halvings: 0,
      limitUnits: null,
      isBootstrap: false,
    });
    expect(close.scores.map(({ miner, raw }) => [miner, raw['vwu'], raw['usage']])).toEqual([
      [0, 140n, 60n],
      [1, 70n, 30n],
    ]);
    expect(world.state.miners.at(0)).toMatchObject({ epochVwu: 0n, epochTokens: 0n });
    expect(world.state.globals.period).toBe(period + 1);
  });

  it('multiplies by the trust of the day before (E9)', () => {
    const world = dailyWorld();
    finishPeriod(world);
    for (const miner of [0, 1]) work(world, miner);
    // Nobody had any trust when the day began.
    const first = finishPeriod(world).close;
    expect(first.scores.map(({ trustPpb, emissionUnits }) => [trustPpb, emissionUnits])).toEqual([
      [0, 0n],
      [0, 0n],
    ]);
    const { trustPpb } = world.state.miners.standing(0);
    expect(trustPpb).toBeGreaterThan(100_000_000);
    for (const miner of [0, 1]) work(world, miner);
    world.finishEpoch();
    work(world, 1, softFailure);
    const second = finishPeriod(world).close;
    expect(second.scores.map((score) => score.trustPpb)).toEqual([trustPpb, trustPpb]);
    const now = Array.from(world.state.miners, (miner) => miner.trustPpb);
    expect(now[0]).toBeGreaterThan(now[1] ?? 0);
    for (const miner of [0, 1]) work(world, miner);
    expect(finishPeriod(world).close.scores.map((score) => score.trustPpb)).toEqual(now);
  });

  it('gives a new miner nothing of the emission in its test periods', () => {
    const world = dailyWorld({ rewards: { ...shortDays, testPeriods: 2 } });
    const competing: number[][] = [];
    for (let day = 0; day < 4; day++) {
      if (day === 1) world.send('minerC', 'registerMiner', world.registration());
      for (const miner of day === 0 ? [0, 1] : [0, 1, 2]) work(world, miner);
      const { close } = finishPeriod(world);
      competing.push(close.scores.map((score) => score.miner));
    }
    expect(competing).toEqual([[], [], [0, 1], [0, 1, 2]]);
    // Their users pay them from the first task on.
    expect(world.events.filter((event) => event.type === 'taskPaid').length).toBe(11);
  });
});

describe('time that mints (economics §1.20)', () => {
  const jump = (world: World, byMs: number) => {
    const { height, timeMs } = world.state.globals;
    const block = { height: height + 1, timeMs: timeMs + byMs, transactions: [] };
    world.ledger.applyBlock(block, world.keys.verifier);
  };
  const minted = (world: World) => world.state.globals.mintedUnits;

  it('is two block times a block at most: an hour’s jump of the clock mints one block time more', () => {
    const [steady, jumping] = [new World().populate(), new World().populate()];
    for (const world of [steady, jumping]) {
      // Who stakes and does a duty is paid.
      world.block(world.batchTx());
      jump(world, world === steady ? 500 : 3_600_000);
      world.finishEpoch();
    }
    expect(minted(steady)).toBeGreaterThan(0n);
    const perBlock = minted(steady) / 15n;
    expect(minted(jumping)).toBeGreaterThan(minted(steady));
    expect(minted(jumping) - minted(steady)).toBeLessThanOrEqual(perBlock + 15n);
  });

  it('does not come back later: the epoch after a standstill mints as every other one', () => {
    const world = new World().populate();
    jump(world, 3_600_000);
    world.finishEpoch();
    expect(world.state.globals.mintMs).toBe(0);
    const before = minted(world);
    world.block(world.batchTx());
    world.finishEpoch();
    const epoch = minted(world) - before;
    world.block(world.batchTx());
    world.finishEpoch();
    expect(minted(world) - before - epoch).toBe(epoch);
  });

  it('makes whole days of days that had blocks all day, for ever', () => {
    const world = dailyWorld();
    for (let day = 0; day < 12; day++) {
      const { emission } = finishPeriod(world).close;
      expect(emission).toMatchObject({ period: day, forMs: 24_000 });
    }
  });

  it('of a day that jumped makes no more than its blocks, and one period: no test is passed over', () => {
    const world = dailyWorld();
    finishPeriod(world);
    const { period } = world.state.globals;
    for (let day = 0; day < 5; day++) {
      jump(world, 40 * 24_000);
      const { emission } = finishPeriod(world).close;
      expect(emission?.forMs).toBeLessThanOrEqual(16 * 1000 + 23_999);
    }
    expect(world.state.globals.period).toBeLessThanOrEqual(period + 5 + 4);
    const blocks = world.height * world.state.params.blockTimeMs;
    const forMs = world.events
      .flatMap((event) => (event.type === 'epochClosed' ? [event.close.emission?.forMs ?? 0] : []))
      .reduce((sum, ms) => sum + ms, 0);
    // The rest of the genesis' own day is the first day's; a jump counts as one block time more.
    expect(forMs).toBeLessThanOrEqual(blocks + 24_000 + 5 * 500);
  });
});
