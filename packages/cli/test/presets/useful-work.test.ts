import { drawMiners, drawTable, eligibleMiners } from '@assay/ledger';
import { honest, softFailure } from '@assay/ledger/fixture';
import { brokenPrecommit } from '@assay/ledger/fixture/offences';
import { drawIdOf, type Receipt } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { emitted, near, Village } from './village.fixture.ts';

const task = { tokensIn: 100, tokensOut: 200 };
const price = 1000n;
const ownTask = { ...task, session: 1, kind: 'background' as const, priceUnits: 0n } as const;

/** Two miners, the session of a payer, and one of the network itself. */
function village(userLevel = 0): Village {
  const made = new Village('useful-work', {
    edit: (genesis) => {
      const [member] = genesis.domains.map(({ owner }) => owner);
      const cases = { ...genesis.params.cases, foundation: member === undefined ? [] : [member] };
      const levels = { ...genesis.params.levels, userLevel };
      return { ...genesis, params: { ...genesis.params, cases, levels } };
    },
  });
  made.settle(2);
  made.block(made.tx('landlord', 'openSession', made.session({ isBackground: true, depositUnits: 0n })));
  return made;
}

/** Miners of those evidence levels, and session 1 that has each task done by `redundancy` of them. */
function redundantVillage(redundancy: number, evidenceLevels: readonly number[]): Village {
  const made = new Village('useful-work');
  made.settle(evidenceLevels.length, (miner) => ({ evidenceLevel: evidenceLevels[miner] ?? 2 }));
  made.block(made.tx('payer', 'openSession', made.session({ redundancy })));
  return made;
}

/** The replicas of a task by the miners that its draw gives them, whose answers are as similar as `percentOf` says. */
function answers(made: Village, redundancy: number, percentOf: (miner: number) => number): Receipt[] {
  const { requestHash, ticket } = made.receipt({ session: 1 });
  const place = { kind: 'user' as const, domain: 0, model: 0, payer: made.address('payer'), dedicatedMiners: [] };
  const bounds = { maxTokensIn: 64, maxTokensOut: 64 };
  const request = { ...place, ...bounds, taskId: drawIdOf({ ticket }), drawHeight: made.height };
  const drawn = drawMiners(drawTable(made.state), request, redundancy);
  return drawn.map(({ miner }, replica) => {
    const similarityPpb = percentOf(miner) * 10_000_000;
    return made.receipt({ ...task, session: 1, requestHash, replica, rank: replica, miner, similarityPpb });
  });
}

describe('preset useful-work (D)', () => {
  it('weighs work 70 and performance 30, and background work, which nobody pays, at 0.3 of a user’s (D7)', () => {
    const made = village();
    const { escrowUnits } = made.state.sessions.at(0);
    made.work([
      { ...task, miner: 0 },
      { ...ownTask, miner: 1 },
    ]);
    const close = made.finishPeriod();
    expect(close.scores.map(({ raw }) => [raw['vwu'], raw['performance']])).toEqual([
      [700n, 1_000_000_000n],
      [210n, 1_000_000_000n],
    ]);
    // 0.7 · 10/13 + 0.3 · 1/2 = 179/260.
    expect(near(emitted(close, 'miners', 0), (emitted(close, 'miners') * 179n) / 260n)).toBe(true);
    expect(made.state.sessions.at(0).escrowUnits).toBe(escrowUnits - price);
    expect(close.revenueUnits).toBe(price);
  });

  it('pays for idle time what the schedule mints and no more, up to so many tokens (D6, D7)', () => {
    const made = village();
    made.work([
      { ...ownTask, miner: 0 },
      { ...ownTask, miner: 1, tokensOut: 500 },
    ]);
    const flood = made.receipt({ ...ownTask, tokensOut: 1_000_000 });
    expect(made.codeOf(made.batchTx({ receipts: [flood] }))).toBe('RECEIPT_BACKGROUND_FULL');
    const close = made.finishPeriod();
    expect(close.revenueUnits).toBe(0n);
    expect(close.scores.map(({ raw }) => raw['vwu'])).toEqual([210n, 480n]);
    // The miners' stack of a period is the same whoever works: 60 % of what its time may mint.
    const { perDayUnits, forMs } = close.emission ?? { perDayUnits: 0n, forMs: 0 };
    const minted = (perDayUnits * BigInt(forMs)) / 86_400_000n;
    expect(near(emitted(close, 'miners'), (minted * 6n) / 10n)).toBe(true);
    // Nobody used a model or a gateway: their stacks are not minted.
    expect([emitted(close, 'creators'), emitted(close, 'gateways')]).toEqual([0n, 0n]);
  });

  it('refunds one of three answers that no other is like, and lowers its miner (D4, D8)', () => {
    const made = redundantVillage(3, [2, 2, 0]);
    for (let i = 0; i < 10; i++) made.work([0, 1, 2].map((miner) => ({ ...task, miner })));
    made.finishPeriod();
    expect(Array.from(made.state.miners, ({ level }) => level)).toEqual([1, 1, 1]);
    const [trustBefore = 0] = Array.from(made.state.miners, ({ trustPpb }) => trustPpb).slice(2);
    const receipts = answers(made, 3, (miner) => (miner === 2 ? 84 : 96));
    made.certify(...receipts);
    const outlier = receipts.find(({ miner }) => miner === 2);
    const taskId = outlier?.taskId;
    expect(made.events).toContainEqual({ type: 'taskRejected', taskId, reason: 'outlier', refundedUnits: price });
    made.settleAudits(receipts, honest);
    const close = made.finishPeriod();
    expect(made.state.sessions.at(1)).toMatchObject({ escrowUnits: 100_000n - 2n * price, spentUnits: 2n * price });
    // Of 2,000: burn 5 %, gateway 3 %, creator 10 %, validators 5 %, domain 2 %, miners 75 %.
    const paid = (stack: string) =>
      close.payouts.filter((each) => each.source === 'revenue' && each.stack === stack).map(({ units }) => units);
    const total = (stack: string) => paid(stack).reduce((sum, units) => sum + units, 0n);
    expect([close.revenueUnits, close.burnedUnits]).toEqual([2000n, 100n]);
    expect(['miners', 'gateways', 'creators', 'validators', 'domain'].map(total)).toEqual([
      1500n,
      60n,
      200n,
      100n,
      40n,
    ]);
    expect(close.payouts.some(({ kind, role }) => kind === 'miner' && role === 2)).toBe(false);
    expect(Array.from(made.state.miners, ({ level }) => level)).toEqual([1, 1, 0]);
    expect(made.state.miners.standing(2).trustPpb).toBeLessThan(trustBefore);
    expect(made.state.cases.length).toBe(0);
  });

  it('audits both of five answers that differ: one is paid without work, one refunded and fined (D4)', () => {
    const made = redundantVillage(5, [2, 2, 2, 2, 2]);
    const receipts = answers(made, 5, (miner) => (miner > 2 ? 20 : 96));
    made.certify(...receipts);
    const of = (...miners: number[]) => receipts.filter(({ miner }) => miners.includes(miner));
    made.settleAudits(of(0, 1, 2, 3), honest);
    made.settleAudits(of(4), softFailure);
    const statusOf = ({ taskId }: Receipt) => made.state.tasks.at(made.state.taskOf(taskId) ?? -1).status;
    const [approved, rejected] = ['approved', 'rejected'] as const;
    expect([0, 1, 2, 3, 4].flatMap((miner) => of(miner).map(statusOf))).toEqual([
      ...[approved, approved, approved, approved],
      rejected,
    ]);
    const close = made.finishPeriod();
    expect(close.revenueUnits).toBe(4n * price);
    expect(made.state.sessions.at(1).escrowUnits).toBe(100_000n - 4n * price);
    expect(close.scores.map(({ miner, raw }) => [miner, raw['vwu']])).toEqual([
      [0, 700n],
      [1, 700n],
      [2, 700n],
    ]);
    expect(Array.from(made.state.cases, ({ role }) => role)).toEqual([4]);
  });

  it('counts a failed audit twice: in performance and in trust (D5)', () => {
    const made = village();
    made.finishPeriod();
    made.work([
      { ...task, miner: 0 },
      { ...task, miner: 1 },
    ]);
    made.work([{ ...task, miner: 1 }], softFailure);
    const close = made.finishPeriod();
    expect(close.scores.map(({ raw }) => raw['performance'])).toEqual([1_000_000_000n, 500_000_000n]);
    const [a = 0n, b = 0n] = Array.from(made.state.miners, ({ trustPpb }) => BigInt(trustPpb));
    // Work a : b, performance a : b/2.
    const share = (7n * a * 10n ** 18n) / (a + b) + (3n * 2n * a * 10n ** 18n) / (2n * a + b);
    expect(near(emitted(close, 'miners', 0), (emitted(close, 'miners') * share) / 10n ** 19n)).toBe(true);
  });

  it('fines a miner that opens another answer than it precommitted to, strikes it, and pays the others (D2)', () => {
    const made = village();
    const { collateralUnits } = made.state.miners.at(0);
    const { escrowUnits } = made.state.sessions.at(0);
    made.block(made.tx('payer', 'evidence', { offence: brokenPrecommit(made, 0, {}, { key: 'stranger0' }) }));
    expect(Array.from(made.state.cases, ({ cause, kind, role }) => [cause, kind, role])).toEqual([
      ['brokenPrecommit', 'miner', 0],
    ]);
    // A tenth of all its stake.
    expect(made.state.miners.at(0)).toMatchObject({ strikes: 1, collateralUnits: (collateralUnits * 9n) / 10n });
    expect(made.state.sessions.at(0).escrowUnits).toBe(escrowUnits);
    made.work([{ ...task, miner: 1 }]);
    const close = made.finishPeriod();
    expect(close.scores.map(({ miner }) => miner)).toEqual([1]);
    const [broken, honestOne] = Array.from(made.state.miners, ({ availabilityPpb }) => availabilityPpb);
    expect([broken, honestOne]).toEqual([875_000_000, 1_000_000_000]);
  });

  it('raises levels by ten successes in a row, and pays 0.55 at level 1 for 0.5 at level 0 (D8)', () => {
    const made = village();
    for (let i = 0; i < 10; i++) made.work([{ ...task, miner: 0 }]);
    made.finishPeriod();
    expect(Array.from(made.state.miners, ({ level }) => level)).toEqual([1, 0]);
    made.work([
      { ...task, miner: 0 },
      { ...task, miner: 1 },
    ]);
    const close = made.finishPeriod();
    const [a = 0n, b = 0n] = Array.from(made.state.miners, ({ trustPpb }) => BigInt(trustPpb));
    // Everything else is equal: 0.55 a : 0.5 b.
    const whole = emitted(close, 'miners');
    expect(near(emitted(close, 'miners', 0), (whole * 55n * a) / (55n * a + 50n * b))).toBe(true);
  });

  it('gives users a miner once it passed ten tests of the network, and tests only those who did not (D8)', () => {
    const made = village(1);
    const place = {
      domain: 0,
      model: 0,
      payer: made.address('payer'),
      dedicatedMiners: [],
      drawHeight: made.height,
      maxTokensIn: 8,
      maxTokensOut: 8,
    };
    const drawn = (kind: 'user' | 'challenge') =>
      eligibleMiners(drawTable(made.state), { ...place, kind }).map(({ miner }) => miner);
    expect([drawn('user'), drawn('challenge')]).toEqual([[], [0, 1]]);
    for (let i = 0; i < 10; i++) made.work([{ ...ownTask, kind: 'challenge', miner: 0 }]);
    made.finishPeriod();
    expect(Array.from(made.state.miners, ({ level }) => level)).toEqual([1, 0]);
    expect([drawn('user'), drawn('challenge')]).toEqual([[0], [1]]);
    expect(made.state.globals.backgroundTokens).toBe(0);
  });
});
