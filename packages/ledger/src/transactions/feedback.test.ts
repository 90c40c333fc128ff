import { describe, expect, it } from 'vitest';
import { auditAll } from '../testing/audits.fixture.ts';
import { honest, World } from '../testing/world.fixture.ts';

/** Two miners, a session of each of two payers, long epochs. */
function ratedWorld(): World {
  const world = new World({ params: { epochBlocks: 64, receiptLifetimeBlocks: 64 } }).populate();
  world.send('minerB', 'registerMiner', world.registration());
  world.send('otherPayer', 'openSession', world.session());
  world.block();
  return world;
}

/** Approved tasks of that price, in hundreds of base units, for a miner and session each. */
function approve(world: World, tasks: readonly { miner: number; session: number; hundreds: number }[]): Uint8Array[] {
  const receipts = tasks.map(({ hundreds, ...task }) =>
    world.receipt({ ...task, tokensIn: 10 * hundreds, tokensOut: 20 * hundreds }),
  );
  world.certify(...receipts);
  const taskIds = receipts.map(({ taskId }) => taskId);
  auditAll(world, taskIds, honest);
  return taskIds;
}

describe('feedback (economics §4.5)', () => {
  it('is the payer’s, of approved tasks, once each, 1 to 5', () => {
    const world = ratedWorld();
    const open = world.receipt();
    world.certify(open);
    expect(world.send('payer', 'feedback', { taskId: open.taskId, rating: 5 })).toBe('TASK_NOT_APPROVED');
    const [taskId = new Uint8Array(32)] = approve(world, [{ miner: 0, session: 0, hundreds: 1 }]);
    expect(world.send('payer', 'feedback', { taskId: new Uint8Array(32), rating: 5 })).toBe('UNKNOWN_TASK');
    expect(world.send('otherPayer', 'feedback', { taskId, rating: 5 })).toBe('NOT_PAYER');
    for (const rating of [0, 6]) expect(world.send('payer', 'feedback', { taskId, rating })).toBe('BAD_RATING');
    expect(world.send('payer', 'feedback', { taskId, rating: 5 })).toBe('OK');
    expect(world.events.at(-1)).toEqual({ type: 'taskRated', taskId, rating: 5 });
    expect(world.send('payer', 'feedback', { taskId, rating: 1 })).toBe('ALREADY_RATED');
  });

  it('is the mean rating times what was spent, each payer’s up to the cap', () => {
    const world = ratedWorld();
    const [first, second, third, fourth] = approve(world, [
      { miner: 0, session: 0, hundreds: 3 },
      { miner: 0, session: 0, hundreds: 1 },
      { miner: 0, session: 1, hundreds: 10 },
      { miner: 1, session: 1, hundreds: 10 },
    ]);
    if (first === undefined || second === undefined || third === undefined || fourth === undefined) throw new Error();
    world.block(
      world.tx('payer', 'feedback', { taskId: first, rating: 5 }),
      world.tx('payer', 'feedback', { taskId: second, rating: 1 }),
      world.tx('otherPayer', 'feedback', { taskId: third, rating: 2 }),
      world.tx('otherPayer', 'feedback', { taskId: fourth, rating: 4 }),
    );
    const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
    // The payer: a mean of (5·300 + 1·100) / 400 = 4, × 400. The other spent 2,000, of which 1,000 count: half of
    // 2·1000 and of 4·1000.
    expect(close?.scores.map(({ raw }) => raw['feedback'])).toEqual([1600n + 1000n, 2000n]);
    expect(world.state.ratings.length).toBe(0);
  });
});
