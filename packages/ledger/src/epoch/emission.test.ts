import type { EpochClose } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apportion } from '../arithmetic/apportion.ts';
import { auditAll } from '../testing/audits.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { honest, softFailure, World, type WorldOptions } from '../testing/world.fixture.ts';
import { shareOut } from './payouts.ts';

const UNIT = 1_000_000_000n;

/** A world in which both miners did approved work: minerA 70 VWU, minerB 140, with the collateral given. */
function competition(options: WorldOptions = {}): EpochClose {
  const world = new World(options).populate();
  world.block(
    world.tx('minerB', 'registerMiner', world.registration({ collateralUnits: 3000n })),
    world.tx('minerC', 'registerMiner', world.registration({ collateralUnits: 9000n })),
  );
  world.block();
  const receipts = [world.receipt(), world.receipt({ miner: 1, tokensIn: 20, tokensOut: 40 })];
  world.certify(...receipts);
  for (const { taskId } of receipts) {
    world.audit(taskId, new Map(world.auditorsOf(taskId).map((auditor) => [auditor, honest])));
  }
  const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
  if (close === undefined) throw new Error('the epoch did not close');
  return close;
}

describe('worked numbers (economics §5.1)', () => {
  const stacks = apportion(410_900n * UNIT, [6000n, 2500n, 0n, 500n, 1000n]);

  it('pay a worker with a tenth of the competition 24,654 units, inside 12,327 / 8,628.9 / 3,698.1', () => {
    const pool = shareOut({ source: 'emission', stack: 'miners', kind: 'miner' }, stacks[0] ?? 0n, {
      weights: [1n, 9n],
    });
    expect(pool.shares[0]?.units).toBe(24_654n * UNIT);
    const inside = apportion(24_654n * UNIT, [5000n, 3500n, 1500n]);
    expect(inside).toEqual([12_327n * UNIT, (86_289n * UNIT) / 10n, (36_981n * UNIT) / 10n]);
  });

  it('pay an app with 50,000 of 500,000 calls 2,054.5 units', () => {
    const pool = shareOut({ source: 'emission', stack: 'gateways', kind: 'gateway' }, stacks[3] ?? 0n, {
      weights: [50_000n, 450_000n],
    });
    expect(pool.shares[0]?.units).toBe((20_545n * UNIT) / 10n);
  });

  it('pay a guardian with 50,000 of 2,000,000 staked 2,568.125 units', () => {
    const reason = { source: 'emission', stack: 'security', kind: 'validator' as const } as const;
    const pool = shareOut(reason, stacks[1] ?? 0n, { weights: [50_000n, 1_950_000n] });
    expect(pool.shares[0]?.units).toBe((2_568_125n * UNIT) / 1000n);
  });
});

describe('emission of an epoch (economics §3, §4)', () => {
  it('divides by the stacks, and mints what is paid', () => {
    const close = competition();
    // 15 blocks of 500 ms at a million base units per second
    expect(close).toMatchObject({ durationMs: 7500, mintedUnits: 7_500_000n });
    expect(close.emission).toEqual({
      period: 0,
      forMs: 7500,
      perDayUnits: 86_400_000_000n,
      halvings: 0,
      limitUnits: null,
      isBootstrap: false,
    });
    const units = (stack: string) => close.pools.filter((pool) => pool.source === 'emission' && pool.stack === stack);
    expect(units('miners').map((pool) => pool.units)).toEqual([4_500_000n]);
    expect(units('creators').map((pool) => pool.units)).toEqual([750_000n]);
    expect(units('gateways').map((pool) => pool.units)).toEqual([375_000n]);
    // 1,500,000 by stake: four mixers 1,000, four validators 500, two oracles 100.
    const [mixers, validators, oracles] = units('security');
    expect([mixers?.units, validators?.units, oracles?.units]).toEqual(apportion(1_500_000n, [4000n, 2000n, 200n]));
    // Inside by duties; no oracle had anything to ask, so that there it goes by stake.
    const audits = [0, 1, 2, 3].map((validator) =>
      BigInt(close.pools[0]?.shares.find(({ role }) => role === validator)?.weight ?? 0n),
    );
    expect(validators?.shares.map(({ weight }) => weight)).toEqual(
      audits.filter((count) => count > 0n).map((count) => count * 500n),
    );
    expect(oracles?.shares.map(({ weight }) => weight)).toEqual([100n, 100n]);
    const paid = close.payouts.filter((payout) => payout.source === 'emission');
    expect(paid.reduce((sum, payout) => sum + payout.units, 0n)).toBe(7_500_000n);
    expect(paid.find((payout) => payout.stack === 'treasury')?.units).toBe(375_000n);
  });

  it('scores miners by work, speed and stake, with the other components shared out', () => {
    const close = competition();
    // Both have passed one audit, so trust is equal, and gave the first token after 70 ms, the last after 300.
    const compute = [19n, 39n].map((tokens) => (tokens * 1_000_000n) / 230n);
    const all = compute.reduce((sum, each) => sum + each, 0n);
    const share = (part: bigint, whole: bigint) => (part * 10n ** 18n) / whole;
    // Work 70 : 140, stake 1000 : 3000, equal latency; hash rate, feedback and bandwidth are empty.
    const shares = [0, 1].map((i) => {
      const work = 5000n * share(i === 0 ? 70n : 140n, 210n);
      const stake = 1000n * share(i === 0 ? 1n : 3n, 4n);
      return (work + stake + 2000n * share(compute[i] ?? 0n, all) + 500n * share(1n, 2n)) / 8500n;
    });
    expect(close.scores.map((score) => score.miner)).toEqual([0, 1]);
    expect(close.scores[0]?.raw).toMatchObject({ vwu: 70n, stake: 1000n, compute: 82_608n, latency: 989_743n });
    for (const [i, score] of close.scores.entries()) {
      const difference = score.weight - (shares[i] ?? 0n);
      expect(difference * difference).toBeLessThanOrEqual(4n);
      expect(score.finalPpb).toBe(score.weight / 10n ** 9n);
    }
    const weights = close.scores.map((score) => score.weight);
    expect(close.scores.map((score) => score.emissionUnits)).toEqual(apportion(4_500_000n, weights));
  });

  it('multiplies what was measured by trust', () => {
    const world = new World({ params: { epochBlocks: 40, receiptLifetimeBlocks: 40 } }).populate();
    world.send('minerB', 'registerMiner', world.registration());
    world.block();
    // Equal work and collateral at the end, but only two of three audits of the second miner pass.
    const tasks = [0, 0, 1, 1].map((miner) => world.receipt({ miner }));
    const bad = world.receipt({ miner: 1 });
    world.certify(...tasks, bad);
    auditAll(
      world,
      tasks.map(({ taskId }) => taskId),
      honest,
    );
    auditAll(world, bad.taskId, softFailure);
    const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
    const [first, second] = close?.scores ?? [];
    if (first === undefined || second === undefined) throw new Error('two miners should compete');
    expect(first.raw).toMatchObject({ vwu: 140n, usage: 60n, stake: 1000n, performance: 1_000_000_000n });
    expect(second.raw).toEqual({ ...first.raw, performance: 666_666_666n });
    expect(first.trustPpb).toBeGreaterThan(second.trustPpb);
    const total = BigInt(first.trustPpb + second.trustPpb);
    const expected = (BigInt(first.trustPpb) * 10n ** 18n) / total;
    expect((first.weight - expected) ** 2n).toBeLessThanOrEqual(4n);
  });

  it('divides security by stake alone where guardians do (E7)', () => {
    const close = competition({ params: { rewards: { ...worldParams.rewards, securityBy: 1 } } });
    const security = close.pools.filter((pool) => pool.stack === 'security');
    // 6,200 staked: four mixers 1,000, four validators 500, two oracles 100; duties do not matter.
    expect(security.map((pool) => pool.units)).toEqual(apportion(1_500_000n, [4000n, 2000n, 200n]));
    expect(security[1]?.shares.map((share) => share.weight)).toEqual([500n, 500n, 500n, 500n]);
  });
  it('pays creators by usage × performance (C2)', () => {
    const world = new World({ params: { epochBlocks: 40, receiptLifetimeBlocks: 40 } });
    world.send('minerA', 'registerMiner', world.registration({ models: [0, 1] }));
    for (const model of [0, 1]) world.send('payer', 'openSession', world.session({ model }));
    world.block();
    const [small, large, bad] = [0, 1, 1].map((model) => world.receipt({ session: model, model }));
    if (small === undefined || large === undefined || bad === undefined) throw new Error('no receipts');
    world.certify(small, large, bad);
    for (const { taskId } of [small, large]) {
      world.audit(taskId, new Map(world.auditorsOf(taskId).map((auditor) => [auditor, honest])));
    }
    for (const from of [0, 1]) {
      const open = world.auditorsOf(bad.taskId).slice(from);
      world.audit(bad.taskId, new Map(open.map((auditor) => [auditor, softFailure])));
    }
    const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
    const pool = close?.pools.find(({ stack, source }) => stack === 'creators' && source === 'emission');
    // Both had 70 VWU approved; of the second model's two audits one failed.
    expect(pool?.shares.map(({ role, weight }) => [role, weight])).toEqual([
      [0, 70n],
      [1, 35n],
    ]);
    expect(world.state.models.at(1)).toMatchObject({ epochVwu: 0n, epochPassed: 0, epochFailed: 0 });
  });

  it('does not mint a stack nobody qualifies for', () => {
    const world = new World();
    const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
    // Nobody did anything: only the treasury and, for being there, security.
    expect(close?.mintedUnits).toBe(375_000n + 1_500_000n);
    expect(close?.scores).toEqual([]);
    expect(world.state.globals.mintedUnits).toBe(1_875_000n);
    expect(world.state.globals.treasuryUnits).toBe(375_000n);
  });

  it('gives a miner nothing for work that was rejected', () => {
    const world = new World().populate();
    const receipt = world.receipt();
    world.certify(receipt);
    for (let round = 0; round < 2; round++) {
      const open = world.auditorsOf(receipt.taskId).slice(round);
      world.audit(receipt.taskId, new Map(open.map((auditor) => [auditor, softFailure])));
    }
    const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
    expect(close?.scores).toEqual([]);
    expect(close?.revenueUnits).toBe(0n);
    expect(close?.payouts.some((payout) => payout.stack === 'miners')).toBe(false);
  });

  it('never mints beyond what an account can hold', () => {
    const most = (1n << 64n) - 1n;
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: most }), (emissionPerDayUnits) => {
        const balanceUnits = (most - 6300n) / 8n - 100n;
        const world = new World({ balanceUnits, params: { emissionPerDayUnits } });
        for (let epoch = 0; epoch < 2; epoch++) world.finishEpoch();
        expect(world.state.globals.genesisUnits + world.state.globals.mintedUnits).toBeLessThanOrEqual(most);
      }),
      { numRuns: 10 },
    );
  });
});
