import { createHash } from 'node:crypto';
import { defaultParams, drawEpoch } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { World } from '../testing/world.fixture.ts';
import { type DrawEntry, DrawTable, drawMiners, drawTable, eligibleMiners } from './draw.ts';
import { DrawMeasures } from './steering.ts';
import { lotBelow } from './weighted.ts';

const address = (byte: number) => new Uint8Array(20).fill(byte);
const hash = (text: string) => new Uint8Array(createHash('sha256').update(text).digest());
const payer = address(200);

function entry(miner: number, change: Partial<DrawEntry> = {}): DrawEntry {
  return {
    miner,
    operator: address(miner + 1),
    owner: address(100),
    domain: 0,
    models: [0],
    activeFrom: 1,
    weight: 10n,
    level: 2,
    userLevel: 2,
    measures: DrawMeasures.defaultValue(),
    ...change,
  };
}
const table = (...entries: DrawEntry[]): DrawTable => ({
  epoch: 3,
  beacon: hash('beacon'),
  steering: defaultParams.steering,
  entries,
});
const request = (task: string) => ({
  taskId: hash(task),
  kind: 'user' as const,
  domain: 0,
  model: 0,
  payer,
  dedicatedMiners: [] as number[],
  drawHeight: 5,
  maxTokensIn: 64,
  maxTokensOut: 64,
});

/** An independent reading of §6.2, straight from the words. */
function drawByHand(entries: readonly DrawEntry[], taskId: Uint8Array, count: number): number[] {
  const left = [...entries];
  const drawn: number[] = [];
  for (let rank = 0; rank < count && left.length > 0; rank++) {
    const digest = createHash('sha256')
      .update(hash('beacon'))
      .update(taskId)
      .update(Uint8Array.of(rank, 0, 0, 0))
      .digest();
    const total = left.reduce((sum, each) => sum + each.weight, 0n);
    let lot = (BigInt(`0x${digest.subarray(0, 16).toString('hex')}`) * total) / 2n ** 128n;
    let index = 0;
    for (const each of left) {
      if (lot < each.weight) break;
      lot -= each.weight;
      index += 1;
    }
    drawn.push(...left.splice(index, 1).map((each) => each.miner));
  }
  return drawn;
}

describe('draw §6', () => {
  it.each<[string, Partial<DrawEntry>]>([
    ['is not active yet', { activeFrom: 6 }],
    ['is of another domain', { domain: 1 }],
    ['does not serve the model', { models: [1, 2] }],
    ['is operated by the payer', { operator: payer }],
    ['is owned by the payer', { owner: payer }],
    ['is paused', { weight: 0n }],
    ['stands too low for users', { level: 1 }],
  ])('passes over a miner that %s', (_why, change) => {
    const drawn = table(entry(0), entry(1, change), entry(2));
    expect(eligibleMiners(drawn, request('t')).map((each) => each.miner)).toEqual([0, 2]);
    expect(drawMiners(drawn, request('t'), 3).map((rank) => rank.miner)).not.toContain(1);
  });

  it('takes only the miners that a dedicated session names', () => {
    const drawn = table(entry(0), entry(1), entry(2), entry(3, { weight: 0n }));
    const dedicated = { ...request('t'), dedicatedMiners: [0, 2, 3] };
    expect(eligibleMiners(drawn, dedicated).map((each) => each.miner)).toEqual([0, 2]);
  });

  it('draws as the clause says, recomputed from its words', () => {
    const entries = [entry(0, { weight: 5n }), entry(1, { weight: 90n }), entry(2), entry(3, { weight: 1n })];
    for (let i = 0; i < 200; i++) {
      const drawn = drawMiners(table(...entries), request(`task ${i}`), 4);
      expect(drawn.map((rank) => rank.miner)).toEqual(drawByHand(entries, hash(`task ${i}`), 4));
    }
  });

  it('shows how each rank fell', () => {
    const [first, second] = drawMiners(table(entry(0), entry(1, { weight: 30n })), request('t'), 5);
    expect(first?.totalWeight).toBe(40n);
    expect(second?.totalWeight).toBe(40n - (first?.weight ?? 0n));
    expect(first?.lot).toBeLessThan(40n);
  });

  it('gives nobody two ranks and nobody without weight any', () => {
    const drawn = drawMiners(table(entry(0), entry(1, { weight: 0n }), entry(2)), request('t'), 9);
    expect(drawn.map((rank) => rank.miner).toSorted((a, b) => a - b)).toEqual([0, 2]);
    expect(drawMiners(table(), request('t'), 3)).toEqual([]);
  });

  it('draws the first rank in proportion to weight (chi-square at 0.1 %)', () => {
    const weights = [1n, 2n, 3n, 4n, 10n];
    const entries = weights.map((weight, miner) => entry(miner, { weight }));
    const counts = weights.map(() => 0);
    const draws = 20_000;
    for (let i = 0; i < draws; i++) {
      const [first] = drawMiners(table(...entries), request(`chi ${i}`), 1);
      if (first !== undefined) counts[first.miner] = (counts[first.miner] ?? 0) + 1;
    }
    const chiSquare = weights.reduce((sum, weight, i) => {
      const expected = (draws * Number(weight)) / 20;
      return sum + ((counts[i] ?? 0) - expected) ** 2 / expected;
    }, 0);
    expect(chiSquare).toBeLessThan(18.47);
  });

  it('draws the second rank in proportion to what is left', () => {
    const entries = [entry(0, { weight: 8n }), entry(1, { weight: 1n }), entry(2, { weight: 1n })];
    let second = 0;
    const draws = 10_000;
    for (let i = 0; i < draws; i++)
      second += drawMiners(table(...entries), request(`two ${i}`), 2)[1]?.miner === 0 ? 1 : 0;
    // P = 2 · 0.1 · 8/9 = 0.1778, six standard deviations are 0.023.
    expect(Math.abs(second / draws - 8 / 45)).toBeLessThan(0.023);
  });

  it('draws of one table by its words, whoever may not be drawn for each task', () => {
    const people = [payer, address(201), address(202)];
    const entries = Array.from({ length: 40 }, (_, miner) => {
      const [weight = 0, activeFrom = 0, operator = 0, owner = 0, level = 0] = hash(`miner ${miner}`);
      return entry(miner, {
        weight: BigInt(weight % 9),
        activeFrom: activeFrom % 8,
        operator: people[operator % 4] ?? address(miner),
        owner: people[owner % 4] ?? address(100),
        level: level % 4,
      });
    });
    const drawn = table(...entries);
    for (let i = 0; i < 300; i++) {
      const dedicatedMiners = i % 5 === 0 ? [1, 2, 30, i % 40] : [];
      const asked = { ...request(`task ${i}`), payer: people[i % 3] ?? payer, drawHeight: i % 9, dedicatedMiners };
      const isFit = (each: DrawEntry) =>
        each.weight > 0n &&
        each.level >= each.userLevel &&
        each.activeFrom <= asked.drawHeight &&
        (dedicatedMiners.length === 0 || dedicatedMiners.includes(each.miner)) &&
        !equalBytes(each.operator, asked.payer) &&
        !equalBytes(each.owner, asked.payer);
      const fit = entries.filter(isFit);
      expect(eligibleMiners(drawn, asked)).toEqual(fit);
      const ranks = drawMiners(drawn, asked, entries.length);
      expect(ranks.map(({ miner }) => miner)).toEqual(drawByHand(fit, asked.taskId, entries.length));
      expect(ranks[0]?.totalWeight ?? 0n).toBe(fit.reduce((sum, { weight }) => sum + weight, 0n));
    }
  });

  it('draws tests for those below the level of users, users’ tasks for others, other tasks for all (§6.1)', () => {
    const drawn = table(entry(0, { level: 1 }), entry(1), entry(2, { level: 0 }), entry(3, { level: 3, weight: 0n }));
    const of = (kind: 'user' | 'challenge' | 'background' | 'training') =>
      eligibleMiners(drawn, { ...request('task'), kind }).map(({ miner }) => miner);
    expect([of('user'), of('challenge'), of('background'), of('training')]).toEqual([
      [1],
      [0, 2],
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(
      drawMiners(drawn, { ...request('task'), kind: 'challenge' }, 9)
        .map(({ miner }) => miner)
        .toSorted(),
    ).toEqual([0, 2]);
  });

  it('takes lots below the bound, from one end to the other', () => {
    expect(lotBelow(new Uint8Array(32), 1000n)).toBe(0n);
    expect(lotBelow(new Uint8Array(32).fill(255), 1000n)).toBe(999n);
    expect(lotBelow(new Uint8Array(32).fill(128), 1000n)).toBe(501n);
  });

  it('uses the beacon of the next block’s epoch', () => {
    const params = { epochBlocks: 16 };
    expect([0, 14, 15, 16, 30, 31].map((height) => drawEpoch(params, height))).toEqual([0, 0, 1, 1, 1, 2]);
  });

  it('reads its table from the state, and the table survives its encoding', () => {
    const world = new World().populate();
    const read = drawTable(world.state);
    expect(read.epoch).toBe(0);
    expect(read.beacon).toEqual(world.state.globals.epochBeacon);
    expect(read.entries).toHaveLength(1);
    expect(read.entries[0]).toMatchObject({ miner: 0, activeFrom: 2, models: [0] });
    expect(equalBytes(read.entries[0]?.owner ?? payer, world.address('owner'))).toBe(true);
    expect(DrawTable.deserialize(DrawTable.serialize(read))).toEqual(read);
  });

  it('keeps a new miner out of draws older than its activation', () => {
    const world = new World().populate();
    const asked = { ...request('t'), payer: world.address('payer') };
    const drawn = (drawHeight: number) => drawMiners(drawTable(world.state), { ...asked, drawHeight }, 1);
    expect(drawn(1)).toEqual([]);
    expect(drawn(2).map((rank) => rank.miner)).toEqual([0]);
  });
});
