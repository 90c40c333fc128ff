import { createHash } from 'node:crypto';
import { defaultParams } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measurersOf } from '../testing/challenges.fixture.ts';
import { World } from '../testing/world.fixture.ts';
import { type DrawEntry, type DrawTable, drawMiners, drawSteering, drawTable } from './draw.ts';
import { type DrawMeasures, steeredWeight, steeringOf, type TaskClass, taskClassOf } from './steering.ts';

const PPB = 1_000_000_000n;
const steering = { floorPpb: 100_000_000, dataTokensIn: 4096, computeTokensOut: 512 };
const off = defaultParams.steering;
const bounds = {
  data: { maxTokensIn: 8000, maxTokensOut: 100 },
  compute: { maxTokensIn: 100, maxTokensOut: 1000 },
  interactive: { maxTokensIn: 100, maxTokensOut: 100 },
} as const satisfies Record<TaskClass, unknown>;
const classes = Object.keys(bounds) as TaskClass[];
const hash = (text: string) => new Uint8Array(createHash('sha256').update(text).digest());
const speeds = (change: Partial<DrawMeasures>): DrawMeasures => ({
  bandwidth: 0n,
  hashRate: 0n,
  latencyMs: 0n,
  isNew: false,
  ...change,
});

function tableOf(miners: readonly Partial<DrawMeasures>[], rules = steering): DrawTable {
  const entries = miners.map((each, miner): DrawEntry => {
    const place = { miner, operator: new Uint8Array(20), owner: new Uint8Array(20), domain: 0, models: [0] };
    return { ...place, activeFrom: 0, weight: 1_000_000n, level: 0, userLevel: 0, measures: speeds(each) };
  });
  return { epoch: 3, beacon: hash('beacon'), steering: rules, entries };
}

const taskOf = (taskClass: TaskClass, task = 'task') => ({
  ...bounds[taskClass],
  taskId: hash(task),
  kind: 'user' as const,
  domain: 0,
  model: 0,
  payer: new Uint8Array(20).fill(200),
  dedicatedMiners: [],
  drawHeight: 5,
});

/** The chance of each miner to be drawn first for a task of this class, exactly: its weight and that of all. */
function chancesOf(table: DrawTable, taskClass: TaskClass) {
  const ranks = drawMiners(table, taskOf(taskClass), table.entries.length);
  const weights = ranks.toSorted((a, b) => a.miner - b.miner).map(({ weight }) => weight);
  expect(ranks[0]?.totalWeight).toBe(weights.reduce((sum, weight) => sum + weight, 0n));
  return weights;
}

describe('the class of a task §6.6', () => {
  it.each<[TaskClass, number, number]>([
    ['data', 4096, 4096],
    ['data', 4096, 1],
    ['compute', 4096, 4097],
    ['compute', 4095, 512],
    ['interactive', 4095, 511],
    ['interactive', 0, 0],
  ])('is %s when %i tokens in and %i out are signed', (taskClass, maxTokensIn, maxTokensOut) => {
    expect(taskClassOf({ maxTokensIn, maxTokensOut }, steering)).toBe(taskClass);
  });
});

describe('the weight of speed §6.6.1', () => {
  const miners = [
    { bandwidth: 300n, hashRate: 10n, latencyMs: 30n },
    { bandwidth: 100n, hashRate: 30n, latencyMs: 10n },
    { bandwidth: 25n, hashRate: 20n, latencyMs: 90n },
  ];

  it('is v / (v + median), of a latency median / (v + median), rounded down', () => {
    const table = tableOf(miners);
    expect(classes.map((each) => drawSteering(table, taskOf(each)).median)).toEqual([100n, 20n, 30n]);
    expect(chancesOf(table, 'data')).toEqual([750_000n, 500_000n, 200_000n]);
    expect(chancesOf(table, 'compute')).toEqual([333_333n, 600_000n, 500_000n]);
    expect(chancesOf(table, 'interactive')).toEqual([500_000n, 750_000n, 250_000n]);
  });

  it('moves no draw where the floor is all, as in a network that names none', () => {
    for (const each of classes)
      expect(chancesOf(tableOf(miners, off), each)).toEqual([1_000_000n, 1_000_000n, 1_000_000n]);
  });

  it('counts one for all where nobody was measured', () => {
    const table = tableOf([{ isNew: true }, {}, { latencyMs: 5n }]);
    for (const each of ['data', 'compute'] as const)
      expect(chancesOf(table, each)).toEqual([1_000_000n, 1_000_000n, 1_000_000n]);
  });

  it('is the median’s of who is new, and the floor of who lets nobody measure it', () => {
    const table = tableOf([{ bandwidth: 100n }, { isNew: true }, {}, { bandwidth: 1n }]);
    // The lower of two is the median: 1. Who has it, and who is new, count a half.
    expect(chancesOf(table, 'data')).toEqual([990_099n, 500_000n, 100_000n, 500_000n]);
  });

  it('loses tasks to the slow, over many draws as its chances say (chi-square at 0.1 %)', () => {
    const table = tableOf(miners);
    for (const each of classes) {
      const weights = chancesOf(table, each).map(Number);
      const all = weights.reduce((sum, weight) => sum + weight, 0);
      const counts = weights.map(() => 0);
      const draws = 6000;
      for (let i = 0; i < draws; i++) {
        const [first] = drawMiners(table, taskOf(each, `${each} ${i}`), 1);
        if (first !== undefined) counts[first.miner] = (counts[first.miner] ?? 0) + 1;
      }
      const terms = weights.map((weight, miner) => {
        const expected = (draws * weight) / all;
        return ((counts[miner] ?? 0) - expected) ** 2 / expected;
      });
      expect(
        terms.reduce((sum, term) => sum + term, 0),
        `${each}: ${counts.join(', ')}`,
      ).toBeLessThan(13.82);
    }
  });

  it('lies between floor and one, grows with speed, and takes no weight whole', () => {
    const value = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
    const any = fc.array(fc.record({ bandwidth: value, hashRate: value, latencyMs: value, isNew: fc.boolean() }), {
      minLength: 2,
      maxLength: 9,
    });
    fc.assert(
      fc.property(
        any,
        fc.constantFrom(...classes),
        fc.integer({ min: 1_000_000, max: 10 ** 9 }),
        (all, each, floorPpb) => {
          const { factorPpb, measure, median } = steeringOf(each, all, { floorPpb });
          for (const one of all) {
            const factor = factorPpb(one);
            expect(factor >= BigInt(floorPpb) && factor <= PPB).toBe(true);
            expect(steeredWeight(1n, factor)).toBe(1n);
            if (median === null || one[measure] === 0n) continue;
            const isBetter = (other: DrawMeasures) =>
              measure === 'latencyMs' ? other[measure] <= one[measure] : other[measure] >= one[measure];
            for (const other of all)
              if (other[measure] > 0n && isBetter(other)) expect(factorPpb(other) >= factor).toBe(true);
          }
        },
      ),
    );
  });
});

describe('attacks on steering §6.6', () => {
  const honest = Array.from({ length: 4 }, () => ({ bandwidth: 100n, hashRate: 100n, latencyMs: 100n }));

  it('a measure that was made as good as can be wins less than twice the median, in one class alone', () => {
    const before = tableOf([...honest, {}]);
    for (const liar of [{ bandwidth: (1n << 64n) - 1n }, { hashRate: (1n << 64n) - 1n }, { latencyMs: 1n }]) {
      const table = tableOf([...honest, liar]);
      const gained = classes.filter((each) => {
        const [median = 0n, , , , won = 0n] = chancesOf(table, each);
        expect(won).toBeLessThanOrEqual(2n * median);
        return won !== chancesOf(before, each)[4];
      });
      expect(gained).toHaveLength(1);
    }
  });

  it('sybils that are slow on purpose lift nobody above another', () => {
    const slow = Array.from({ length: 20 }, () => ({ bandwidth: 1n }));
    const [weak = 0n, strong = 0n] = chancesOf(tableOf([{ bandwidth: 50n }, { bandwidth: 200n }, ...slow]), 'data');
    expect(weak).toBeLessThan(strong);
    expect(strong).toBeLessThan((weak * 200n) / 50n);
  });

  it('who hides that it is slow has no more than who shows it', () => {
    const shown = chancesOf(tableOf([...honest, { bandwidth: 1n }]), 'data')[4];
    const hidden = chancesOf(tableOf([...honest, {}]), 'data')[4];
    expect(hidden).toBe(shown);
  });

  it('a payer that chooses the class still leaves the miner to the ticket: every class can draw every miner', () => {
    const table = tableOf([...honest, { latencyMs: 10_000n }, {}]);
    for (const each of classes) {
      const drawn = new Set<number>();
      for (let i = 0; i < 400; i++) drawn.add(drawMiners(table, taskOf(each, `${i}`), 1)[0]?.miner ?? -1);
      expect(drawn).toEqual(new Set([0, 1, 2, 3, 4, 5]));
    }
  });
});

describe('what a draw knows of speed §6.6.2', () => {
  const newWorld = () =>
    new World({
      mixers: 3,
      params: { epochBlocks: 24, challenges: { lambdaMilli: 20_000, alpha: 3, bandwidthCap: 1000n } },
    }).populate();
  const known = (world: World) => drawTable(world.state).entries[0]?.measures;
  /** All who measure it in this epoch say so. */
  const measure = (world: World, measured: { bandwidth: bigint; latencyMs: number }) => {
    for (const mixer of measurersOf(world, 0, { latencyMs: 1 })) {
      const records = { reports: [world.report(mixer, { miner: 0, ...measured })] };
      expect(world.codeOf(world.batchTx({ mixer, records }))).toBe('OK');
    }
  };

  it('is what was measured before the epoch began, the same whenever it is read in it', () => {
    const world = newWorld();
    measure(world, { bandwidth: 10n, latencyMs: 4 });
    expect(known(world)).toEqual(speeds({ isNew: true }));
    for (const [bandwidth, after] of [
      [90n, 10n],
      [80n, 80n],
      [70n, 70n],
    ] as const) {
      world.finishEpoch();
      const before = known(world);
      measure(world, { bandwidth, latencyMs: 5 });
      expect(known(world)).toEqual(before);
      world.finishEpoch();
      // The median over the epochs, the lower one of two (§8.4).
      expect(known(world)).toMatchObject({ bandwidth: after, hashRate: 0n, isNew: true });
    }
  });

  it('is nothing any more of who was not measured in seven epochs, and new for as long', () => {
    const world = newWorld();
    measure(world, { bandwidth: 10n, latencyMs: 4 });
    for (let epoch = 1; epoch <= 7; epoch++) world.finishEpoch();
    expect(world.state.globals.epoch).toBe(7);
    expect(known(world)).toEqual(speeds({ bandwidth: 10n, latencyMs: 4n, isNew: true }));
    world.finishEpoch();
    expect(known(world)).toEqual(speeds({}));
  });
});
