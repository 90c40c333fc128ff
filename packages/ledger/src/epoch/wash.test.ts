import { describe, expect, it } from 'vitest';
import { worldParams } from '../params.fixture.ts';
import type { EpochClose } from '../result.ts';
import { honest, World } from '../world.fixture.ts';

const operators = ['minerA', 'minerB', 'minerC', 'stranger0'] as const;

/** Four miners alike, and the sessions of two payers. */
function newWorld(wash: Partial<typeof worldParams.wash> = {}): World {
  const params = { epochBlocks: 64, wash: { ...worldParams.wash, ...wash } };
  const world = new World({ params, audit: { newMinerTasks: 100 } });
  world.send('payer', 'transfer', { to: world.address('stranger0'), amountUnits: 5000n });
  world.block(
    ...operators.map((operator) => world.tx(operator, 'registerMiner', world.registration())),
    world.tx('payer', 'openSession', world.session()),
    world.tx('otherPayer', 'openSession', world.session()),
  );
  world.block();
  return world;
}

/** Approves tasks, each of a session and a miner, and ends the epoch. */
function closeAfter(world: World, tasks: readonly (readonly [session: number, miner: number, tokensOut: number])[]) {
  const receipts = tasks.map(([session, miner, tokensOut]) =>
    world.receipt({ session, miner, tokensIn: 0, tokensOut, priceUnits: 4n * BigInt(tokensOut) }),
  );
  world.certify(...receipts);
  const pairs = receipts.flatMap(({ taskId }) =>
    world.auditorsOf(taskId).map((auditor) => world.auditPair(auditor, taskId, honest)),
  );
  world.block(...pairs.map((pair) => pair.commit()));
  world.block(...pairs.map((pair) => pair.reveal()));
  const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
  if (close === undefined) throw new Error('the epoch did not close');
  return close;
}

const credited = ({ scores }: EpochClose) => scores.map(({ raw }) => [raw['vwu'], raw['usage']]);

describe('credit for one payer (economics §7.1)', () => {
  it('is at most twice what draws would bring', () => {
    // Each of four miners would get a quarter of the payer's 8 tasks of 30 VWU; 6 went to one. Twice a quarter is 120.
    const tasks = [0, 0, 0, 0, 0, 0, 1, 2].map((miner) => [0, miner, 10] as const);
    const close = closeAfter(newWorld(), tasks);
    expect(close.scores[0]?.raw).toMatchObject({ vwu: 120n, usage: 40n });
    expect(close.scores[0]?.uncredited).toEqual({ vwu: 60n, tokens: 20n });
    expect(credited(close).slice(1)).toEqual([
      [30n, 10n],
      [30n, 10n],
    ]);
  });

  it('counts each payer for itself, and the largest task of a pair whole', () => {
    // The first payer asked once; the second's four tasks are spread.
    const close = closeAfter(newWorld(), [[0, 0, 100], ...[0, 1, 2, 3].map((miner) => [1, miner, 10] as const)]);
    expect(credited(close)).toEqual([[330n, 110n], ...[1, 2, 3].map(() => [30n, 10n])]);
  });

  it('is not limited when the factor is zero, and begins anew each period', () => {
    const world = newWorld({ creditFactor: 0 });
    const tasks = [0, 0, 0, 0, 0, 0, 1, 2].map((miner) => [0, miner, 10] as const);
    expect(credited(closeAfter(world, tasks))[0]).toEqual([180n, 60n]);
    expect(world.state.credits.length).toBe(0);
  });
});

describe('minting after the bootstrap (economics §7.2)', () => {
  const tasks = [0, 1, 2, 3].map((miner) => [0, miner, 250] as const);

  it('is at most nine tenths of what the period burned', () => {
    // 4,000 base units of fees, 5 % of it burned.
    const close = closeAfter(newWorld({ bootstrapPeriods: 0 }), tasks);
    expect(close).toMatchObject({ burnedUnits: 200n, mintedUnits: 180n });
    expect(close.emission?.limitUnits).toBe(180n);
  });

  it('follows the schedule before, and where the guard is off', () => {
    for (const wash of [{ bootstrapPeriods: 1 }, { bootstrapPeriods: 0, mintOfBurnBps: 0 }]) {
      const close = closeAfter(newWorld(wash), tasks);
      expect(close.emission?.limitUnits).toBeNull();
      expect(close.mintedUnits).toBeGreaterThan(1_000_000n);
    }
  });

  it('counts what was burned since the period began', () => {
    const world = newWorld({ bootstrapPeriods: 1 });
    closeAfter(world, tasks);
    world.block();
    const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
    expect(close?.emission).toMatchObject({ period: 1, limitUnits: 0n });
    expect(close?.mintedUnits).toBe(0n);
  });
});
