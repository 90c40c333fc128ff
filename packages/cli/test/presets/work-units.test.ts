import { domainTerms, hardFailure, type Sender, softFailure } from '@assay/ledger/fixture';
import { describe, expect, it } from 'vitest';
import { emitted, near, Village } from './village.fixture.ts';

/** The second model is two and a half times as difficult, and costs as much more: a task of the first costs 1,000. */
function village(voters: readonly Sender[] = []): Village {
  const made = new Village('work-units', {
    edit: (genesis) => ({
      ...genesis,
      params: {
        ...genesis.params,
        governance: { ...genesis.params.governance, depositUnits: 1n, votingEpochs: 1, delayEpochs: 0 },
        cases: { ...genesis.params.cases, foundation: genesis.accounts.slice(0, 1).map(({ address }) => address) },
      },
      models: genesis.models.map((model, i) =>
        i === 0 ? model : { ...model, difficultyPpm: 2_500_000, priceInUnits: 5n, priceOutUnits: 10n },
      ),
    }),
  });
  made.settle(2, () => ({ models: [0, 1] }));
  made.block(made.tx('otherPayer', 'openSession', made.session({ model: 1 })));
  if (voters.length > 0)
    made.block(...voters.map((name) => made.tx('owner', 'transfer', { to: made.address(name), amountUnits: 1000n })));
  return made;
}

const mixers = ['mixer0', 'mixer1', 'mixer2'] as const;
/** Governance changes a parameter: three of four mixers, two thirds of all stake, say yes. */
function decide(made: Village, path: string, value: string): void {
  const action = { kind: 'parameterChange' as const, value: { path: path, value: value } };
  made.block(made.tx('payer', 'propose', { action }));
  made.block(...mixers.map((mixer) => made.tx(mixer, 'vote', { proposal: 0, choice: 'yes' })));
  for (let epoch = 0; epoch < 3; epoch++) made.finishEpoch();
  if (made.state.proposals.at(0).status !== 'executed') throw new Error('the proposal did not pass');
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
    const before = made.state.miners.standing(0).trustPpb;
    made.work([{ ...task, miner: 0 }], softFailure);
    expect(made.state.sessions.at(0).escrowUnits).toBe(escrow);
    const close = made.finishPeriod();
    expect(close.revenueUnits).toBe(0n);
    expect(emitted(close, 'miners')).toBe(0n);
    expect(made.state.miners.standing(0).trustPpb).toBeLessThan(before);
  });

  it('refuses training in phase 1 (B11)', () => {
    const made = village();
    const training = [made.receipt({ ...task, kind: 'training' })];
    expect(made.codeOf(made.batchTx({ receipts: training }))).toBe('RECEIPT_TRAINING');
    const terms = domainTerms(made.genesis, { inferenceOnly: false });
    expect(made.send('landlord', 'updateDomain', { domain: 0, terms })).toBe('OK');
    for (let epoch = 0; epoch < 2; epoch++) made.finishEpoch();
    // It is the network that is in phase 1: no owner leaves it alone.
    const again = [made.receipt({ ...task, kind: 'training' })];
    expect(made.codeOf(made.batchTx({ receipts: again }))).toBe('RECEIPT_TRAINING');
  });

  it('takes training in phase 2, once governance says so and the owner does not say no (B11)', () => {
    const made = village(mixers);
    decide(made, 'domains.inferenceOnly', 'false');
    made.work([{ ...task, miner: 0, kind: 'training' }]);
    // 700 × 0.3.
    expect(made.state.miners.standing(0).epochVwu).toBe(210n);
    const terms = domainTerms(made.genesis, { inferenceOnly: true });
    made.send('landlord', 'updateDomain', { domain: 0, terms });
    for (let epoch = 0; epoch < 2; epoch++) made.finishEpoch();
    const receipts = [made.receipt({ ...task, kind: 'training' })];
    expect(made.codeOf(made.batchTx({ receipts }))).toBe('RECEIPT_TRAINING');
  });

  it('burns what governance says, whatever the owner set before (B7)', () => {
    const made = village(mixers);
    decide(made, 'domains.minBurnBps', '2000');
    made.work([{ ...task, miner: 0 }]);
    const close = made.finishPeriod();
    expect([close.revenueUnits, close.burnedUnits]).toEqual([1000n, 200n]);
    const miner = close.payouts.filter(({ source, stack }) => source === 'revenue' && stack === 'miners');
    expect(miner.reduce((sum, { units }) => sum + units, 0n)).toBe(600n);
  });

  it('takes no fine before the foundation has looked at it, in phase 1 (B6, B9)', () => {
    const made = village();
    const bad = () => made.work([{ ...task, miner: 0 }], softFailure);
    bad();
    // 47,368 would be the fine; a tenth of the collateral of 1,000 is held.
    expect(made.state.cases.at(0)).toMatchObject({
      status: 'review',
      proposedUnits: 47_368n,
      heldUnits: 100n,
    });
    expect(made.state.globals.burnedUnits).toBe(0n);
    expect(made.send('payer', 'decideCase', { case: 0, isFine: true })).toBe('OK');
    expect(made.state.globals.burnedUnits).toBe(80n);
    expect(made.state.miners.at(0).collateralUnits).toBe(900n);
    bad();
    expect(made.state.miners.at(0).collateralUnits).toBe(810n);
    // Nobody looks at the second one for 14 epochs.
    for (let epoch = 0; epoch < 15; epoch++) made.finishEpoch();
    expect(made.state.miners.at(0).collateralUnits).toBe(900n);
  });

  it('takes it by itself in phase 2, unless it is appealed (B9)', () => {
    const made = village(mixers);
    decide(made, 'cases.foundationReview', 'false');
    made.work(
      [0, 1].map((miner) => ({ ...task, miner })),
      softFailure,
    );
    made.send('owner', 'bond', { kind: 'miner', role: 0, amountUnits: 1n });
    expect(made.send('owner', 'appealCase', { case: 1 })).toBe('INSUFFICIENT_BALANCE');
    for (let epoch = 0; epoch < 25; epoch++) made.finishEpoch();
    const executed = made.events.filter((event) => event.type === 'caseExecuted');
    expect(executed.map(({ by, fineUnits }) => [by, fineUnits])).toEqual([
      ['time', 100n],
      ['time', 100n],
    ]);
  });

  it.each([
    // Fines hold 100, 90 and 81; of the 729 left e = 10 % are 72, but the day has room for 29 only.
    ['severe', hardFailure, 3, 29n, 700n],
    // Fines hold 100, 90, 81 and 29; f = 100 % of the rest goes back.
    ['minor', softFailure, 5, 0n, 700n],
  ] as const)(
    'ejects who keeps failing, and divides its collateral: %s (B8)',
    (_, numbers, failures, held, returned) => {
      const made = village();
      for (let i = 0; i < failures; i++) made.work([{ ...task, miner: 0 }], numbers);
      made.finishPeriod();
      const ejection = [...made.state.cases].find(({ cause }) => cause === 'ejection');
      const { id = -1, heldUnits } = ejection ?? {};
      expect(heldUnits).toBe(held);
      expect(made.send('payer', 'decideCase', { case: id, isFine: true })).toBe('OK');
      const ejected = made.events.find((event) => event.type === 'minerEjected');
      expect(ejected).toMatchObject({ miner: 0, returnedUnits: returned });
      const before = made.balance('owner');
      for (let epoch = 0; epoch < 3; epoch++) made.finishEpoch();
      expect(made.balance('owner')).toBe(before + returned);
    },
  );

  it('costs a cheat what its epoch would have paid (economics §6.7)', () => {
    const made = village();
    made.finishPeriod();
    made.work([0, 1].map((miner) => ({ ...task, miner })));
    made.work([{ ...task, miner: 0 }], hardFailure);
    const close = made.finishPeriod();
    const paid = (miner: number) => close.payouts.filter(({ stack, role }) => stack === 'miners' && role === miner);
    expect(paid(0)).toEqual([]);
    expect(paid(1).length).toBeGreaterThan(0);
    const held = made.events.find((event) => event.type === 'rewardsHeld');
    expect(held).toMatchObject({ miner: 0, revenueUnits: 750n });
    expect(held?.emissionUnits).toBeGreaterThan(0n);
  });
});
