import { softFailure } from '@assay/ledger/fixture';
import { describe, expect, it } from 'vitest';
import { emitted, near, Village } from './village.fixture.ts';

/** The second model is two and a half times as difficult; the price of a task stays 1,000. */
function village(): Village {
  const made = new Village('work-units', {
    edit: (genesis) => ({
      ...genesis,
      models: genesis.models.map((model, i) => ({ ...model, difficultyPpm: i === 1 ? 2_500_000 : 1_000_000 })),
    }),
  });
  made.settle(2, () => ({ models: [0, 1] }));
  made.block(made.tx('otherPayer', 'openSession', made.session({ model: 1 })));
  return made;
}
const task = { tokensIn: 100, tokensOut: 200 };
const hardTask = { ...task, session: 1, model: 1 };

describe('preset work-units (B)', () => {
  it('shares emission by work units: tokens × difficulty (B7)', () => {
    const made = village();
    made.work([
      { ...task, miner: 0 },
      { ...hardTask, miner: 1 },
    ]);
    const close = made.finishPeriod();
    // 100 + 3 · 200 = 700, and 1,750: 2/7 and 5/7.
    expect(close.scores.map(({ raw }) => raw['vwu'])).toEqual([700n, 1750n]);
    expect(near(emitted(close, 'miners', 0), (emitted(close, 'miners') * 2n) / 7n)).toBe(true);
    expect(near(emitted(close, 'miners', 1), (emitted(close, 'miners') * 5n) / 7n)).toBe(true);
  });

  it('releases a task’s price only when it was found correct (B5, B7)', () => {
    const made = village();
    const escrow = made.state.sessions.at(0).escrowUnits;
    const receipt = made.receipt({ ...task, miner: 0 });
    made.certify(receipt);
    const index = made.state.taskOf(receipt.taskId) ?? -1;
    expect(made.state.tasks.at(index).pendingUnits).toBe(1000n);
    expect(made.state.sessions.at(0).escrowUnits).toBe(escrow - 1000n);
    // No auditor spoke: the epoch ends, and the price still waits.
    expect(made.finishPeriod().revenueUnits).toBe(0n);
  });

  it('divides it 50/30/100/50/20/750, and burns its part (B7)', () => {
    const made = village();
    made.work([{ ...task, miner: 0 }]);
    const close = made.finishPeriod();
    const revenue = (stack: string) =>
      close.payouts
        .filter((payout) => payout.source === 'revenue' && payout.stack === stack)
        .reduce((sum, { units }) => sum + units, 0n);
    const stacks = ['gateways', 'creators', 'validators', 'domain', 'miners'].map(revenue);
    expect(stacks).toEqual([30n, 100n, 50n, 20n, 750n]);
    expect([close.revenueUnits, close.burnedUnits]).toEqual([1000n, 50n]);
  });

  it('refunds what was found wrong, lowers trust and pays nothing for it (B6)', () => {
    const made = village();
    for (let i = 0; i < 2; i++) made.work([0, 1].map((miner) => ({ ...task, miner })));
    made.finishPeriod();
    const escrow = made.state.sessions.at(0).escrowUnits;
    const before = made.state.miners.at(0).trustPpb;
    made.work([{ ...task, miner: 0 }], softFailure);
    expect(made.state.sessions.at(0).escrowUnits).toBe(escrow);
    const close = made.finishPeriod();
    expect(close.revenueUnits).toBe(0n);
    expect(emitted(close, 'miners')).toBe(0n);
    expect(made.state.miners.at(0).trustPpb).toBeLessThan(before);
  });
});
