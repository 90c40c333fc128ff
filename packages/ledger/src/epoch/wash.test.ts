import { BurnKind, type ChallengeReport, type EpochClose } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { apportion } from '../arithmetic/apportion.ts';
import { auditAll } from '../testing/audits.fixture.ts';
import { disputed, measurersOf } from '../testing/challenges.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { honest, softFailure, World } from '../testing/world.fixture.ts';

const operators = ['minerA', 'minerB', 'minerC', 'stranger0'] as const;
const guard = { mintOfBurnBps: 9000, bootstrapPeriods: 0 };
type Params = World['state']['params'];

/** Four miners alike under the wash guard, and the sessions of two payers. */
function newWorld(change: Partial<Params> = {}): World {
  const world = new World({ params: { epochBlocks: 64, wash: guard, ...change }, audit: { newMinerTasks: 100 } });
  world.send('payer', 'transfer', { to: world.address('stranger0'), amountUnits: 5000n });
  world.block(
    ...operators.map((operator) => world.tx(operator, 'registerMiner', world.registration())),
    world.tx('payer', 'openSession', world.session()),
    world.tx('otherPayer', 'openSession', world.session()),
  );
  world.block();
  return world;
}

/** Approves tasks of four base units a token, each of a miner. */
function work(world: World, tasks: readonly (readonly [miner: number, tokensOut: number])[]): void {
  const receipts = tasks.map(([miner, tokensOut]) =>
    world.receipt({ miner, tokensIn: 0, tokensOut, priceUnits: 4n * BigInt(tokensOut) }),
  );
  world.certify(...receipts);
  auditAll(
    world,
    receipts.map(({ taskId }) => taskId),
    honest,
  );
}

/** All its measurers say the same of a miner. */
function measure(world: World, miner: number, values: Partial<ChallengeReport>): void {
  for (const mixer of measurersOf(world, miner, values)) {
    world.block(world.batchTx({ mixer, records: { reports: [world.report(mixer, { miner, ...values })] } }));
  }
}

function finish(world: World): EpochClose {
  const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
  if (close === undefined) throw new Error('the epoch did not close');
  return close;
}

const poolOf = ({ pools }: EpochClose, stack: string) =>
  pools.filter((pool) => pool.source === 'emission' && pool.stack === stack);
const paidBy = (close: EpochClose, stack: string) =>
  poolOf(close, stack).flatMap(({ shares }) => shares.map(({ role, units }) => [role, units] as const));
/** Of the 63 blocks of the first epoch. */
const scheduled = 63n * 500_000n;

describe('what is minted for work (economics §7.2, §7.4)', () => {
  it('is at most nine tenths of what it burned, of each stack its part, and of nobody more than for its own', () => {
    const world = newWorld();
    work(
      world,
      [0, 1, 2, 3].map((miner) => [miner, 250]),
    );
    const close = finish(world);
    // Four tasks of 1,000 base units, 5 % of it burned: 200; 180 may be minted.
    expect(close).toMatchObject({ burnedUnits: 200n, emission: { limitUnits: 180n, isBootstrap: false } });
    expect(paidBy(close, 'miners')).toEqual([0, 1, 2, 3].map((miner) => [miner, 27n]));
    expect(paidBy(close, 'creators')).toEqual([[0, 18n]]);
    expect(paidBy(close, 'gateways')).toEqual([[0, 9n]]);
    // 108, 36, 18, 9 and 9 of 180; security is nobody's own, and divides all of its part.
    expect(close.mintedUnits).toBe(180n);
    expect(paidBy(close, 'capacity')).toEqual([]);
  });

  it('is less than that for who scores less, and nobody gets what is left', () => {
    const world = newWorld();
    work(world, [
      [0, 250],
      [1, 250],
    ]);
    // Its second audit fails, which costs the second miner trust and brings in nothing.
    const bad = world.receipt({ miner: 1 });
    world.certify(bad);
    for (const from of [0, 1]) {
      const open = world.auditorsOf(bad.taskId).slice(from);
      world.audit(bad.taskId, new Map(open.map((auditor) => [auditor, softFailure])));
    }
    const close = finish(world);
    const [first, second] = poolOf(close, 'miners')[0]?.shares ?? [];
    expect([first?.limitUnits, second?.limitUnits]).toEqual([27n, 27n]);
    const parts = apportion(
      54n,
      close.scores.map(({ weight }) => weight),
    );
    expect([first?.units, second?.units]).toEqual([27n, parts[1]]);
    expect(parts[1]).toBeLessThan(27n);
    expect(close.scores.map(({ emissionUnits }) => emissionUnits)).toEqual([27n, parts[1]]);
  });

  it('counts all epochs of a period, and begins again with the next', () => {
    // A day of two epochs.
    const world = newWorld({ rewards: { ...worldParams.rewards, period: 1, dayMs: 60_000 } });
    // On the first nobody has any trust, which is that of the day before.
    work(world, [
      [0, 250],
      [1, 250],
    ]);
    finish(world);
    expect(finish(world)).toMatchObject({ emission: { limitUnits: 90n } });
    work(world, [[0, 250]]);
    expect(finish(world)).toMatchObject({ emission: null, burnedUnits: 50n });
    expect([...world.state.burns].map(({ kind, role, units }) => [kind, role, units])).toEqual(
      BurnKind.words.map((kind) => [kind, 0, 50n]),
    );
    work(world, [
      [0, 500],
      [1, 250],
    ]);
    const close = finish(world);
    expect(close.emission?.limitUnits).toBe(180n);
    expect(poolOf(close, 'miners')[0]?.shares.map(({ limitUnits }) => limitUnits)).toEqual([81n, 27n]);
    expect(world.state.burns.length).toBe(0);
  });

  it('follows the schedule where the guard is off', () => {
    const world = newWorld({ wash: { mintOfBurnBps: 0, bootstrapPeriods: 9 } });
    work(world, [[0, 250]]);
    const close = finish(world);
    expect(close.emission).toMatchObject({ limitUnits: null });
    expect(poolOf(close, 'miners').map(({ units }) => units)).toEqual([(scheduled * 6n) / 10n]);
    expect(paidBy(close, 'capacity')).toEqual([]);
  });
});

describe('capacity before the bootstrap ends (economics §7.1)', () => {
  const bootstrap = { wash: { ...guard, bootstrapPeriods: 9 } };

  it('gets what work leaves of the miners’ stack: the verified rate, times what stake and line leave of it', () => {
    const world = newWorld(bootstrap);
    world.send('minerA', 'bond', { kind: 'miner', role: 0, amountUnits: 1000n });
    measure(world, 0, { hashRate: 10n, bandwidth: 100n, latencyMs: 50 });
    measure(world, 1, { hashRate: 30n, bandwidth: 100n, latencyMs: 1025 });
    work(world, [[2, 250]]);
    const close = finish(world);
    const stack = (scheduled * 6n) / 10n;
    // The third worked and was not measured: for it there is what its task burned.
    expect(paidBy(close, 'miners')).toEqual([[2, 27n]]);
    expect(poolOf(close, 'capacity').map(({ units }) => units)).toEqual([stack - 27n]);
    expect(close.capacity.map(({ miner, passedPpb }) => [miner, passedPpb])).toEqual([0, 1].map((i) => [i, 10n ** 9n]));
    // Stake 10, bandwidth 5 and latency 5: all of them the largest, against 1/2 of stake and 1/2 of latency.
    expect(close.capacity.map(({ factorPpb }) => factorPpb)).toEqual([1_000_000_000n, 625_000_000n]);
    // 10 × 1 and 30 × 5/8.
    const weights = close.capacity.map(({ weight }) => weight);
    expect(weights).toEqual([(10n * 10n ** 18n * 8n) / 230n, (150n * 10n ** 18n) / 230n]);
    expect(paidBy(close, 'capacity').map(([, units]) => units)).toEqual(apportion(stack - 27n, weights));
    // Security and treasury have their parts of the schedule.
    expect(close.payouts.find(({ stack: name }) => name === 'treasury')?.units).toBe(scheduled / 20n);
  });

  it('is nothing without a right answer, however much is staked and however near the miner is', () => {
    const world = newWorld(bootstrap);
    world.send('minerA', 'bond', { kind: 'miner', role: 0, amountUnits: 1000n });
    measure(world, 0, { bandwidth: 1_000_000n, latencyMs: 1 });
    measure(world, 1, { hashRate: 1n, latencyMs: 1999 });
    const close = finish(world);
    expect(paidBy(close, 'capacity')).toEqual([[1, (scheduled * 6n) / 10n]]);
    // In the next period nobody has answered anything yet, and nothing is minted for capacity.
    expect(paidBy(finish(world), 'capacity')).toEqual([]);
  });

  it('counts challenges that were not answered, and those that auditors judged', () => {
    const world = newWorld({ ...bootstrap, challenges: { ...worldParams.challenges, lambdaMilli: 20_000, alpha: 2 } });
    work(world, [[3, 250]]);
    for (const miner of [0, 1, 2]) measure(world, miner, { hashRate: 10n, asked: 2, right: 1 });
    // The second has three more, of which auditors pass one and fail one; the third was never answered.
    const [good, bad] = [disputed(), disputed()];
    const [mixer = 0] = measurersOf(world, 3, { disputed: [good, bad] });
    const report = world.report(mixer, { miner: 3, hashRate: 10n, disputed: [good, bad], asked: 3 });
    expect(world.codeOf(world.batchTx({ mixer, records: { reports: [report] } }))).toBe('OK');
    for (let i = 0; i < world.state.params.audit.drawDelayBlocks; i++) world.block(world.batchTx({ mixer }));
    auditAll(world, [good.taskId], honest);
    auditAll(world, [bad.taskId], softFailure);
    const { capacity } = finish(world);
    const reports = world.events.filter((event) => event.type === 'minerMeasured' && event.miner === 0).length;
    expect(capacity.map(({ miner, right, wrong }) => [miner, right, wrong])).toEqual([
      ...[0, 1, 2].map((miner) => [miner, reports, reports]),
      [3, 1, 2],
    ]);
    // Of its own record, too, a half failed: 1/2 against 1/3 · 1/2.
    expect(capacity[3]?.passedPpb).toBe(500_000_000n);
    const [half, third] = [500_000_000n, 333_333_333n];
    const products = [half, half, half, third / 2n];
    for (const [index, product] of products.entries()) {
      const share = (product * 10n ** 9n) / (3n * half + third / 2n);
      expect(Number((capacity[index]?.finalPpb ?? 0n) - share)).toBeCloseTo(0, -1);
    }
  });

  it('is the same whatever is bought: one task moves from it what it burned, and no more', () => {
    const [without, with1] = [[], [[0, 250]] as const].map((tasks) => {
      const world = newWorld(bootstrap);
      for (const miner of [0, 1]) measure(world, miner, { hashRate: 5n, latencyMs: 100 });
      work(world, tasks);
      return finish(world);
    });
    if (without === undefined || with1 === undefined) throw new Error('two epochs should close');
    const sum = (close: EpochClose, role: number) =>
      [...paidBy(close, 'capacity'), ...paidBy(close, 'miners')]
        .filter(([miner]) => miner === role)
        .reduce((all, [, units]) => all + units, 0n);
    // 27 of it go to the buyer's miner; the two share the rest equally, its new record notwithstanding.
    expect(sum(with1, 0) - sum(without, 0)).toBe(27n - 13n);
    expect(sum(with1, 1) - sum(without, 1)).toBe(-14n);
  });

  it('is nothing for who is paused, forfeits, or failed its audits', () => {
    const world = newWorld(bootstrap);
    const measureAll = () => {
      for (const miner of [0, 1, 2, 3]) measure(world, miner, { hashRate: 5n, latencyMs: 100 });
    };
    measureAll();
    expect(paidBy(finish(world), 'capacity')).toHaveLength(4);
    measureAll();
    world.send('minerA', 'setRoleStatus', { kind: 'miner', role: 0, status: 'paused' });
    const bad = world.receipt({ miner: 1 });
    world.certify(bad);
    for (const from of [0, 1]) {
      const open = world.auditorsOf(bad.taskId).slice(from);
      world.audit(bad.taskId, new Map(open.map((auditor) => [auditor, softFailure])));
    }
    const paid = finish(world);
    expect(paidBy(paid, 'capacity').map(([miner]) => miner)).toEqual([2, 3]);
    expect(paid.capacity.find(({ miner }) => miner === 1)?.passedPpb).toBe(0n);
  });
});
