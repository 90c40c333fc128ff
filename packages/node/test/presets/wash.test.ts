import { describe, expect, it } from 'vitest';
import { selfDealingReturn } from '../../src/cli/params/wash.ts';
import { Village } from './village.fixture.ts';

const tasks = 100;
const priceUnits = 1000;
/**
 * Runs of the first session are the attacker's own, of the second everybody else's; the third is the attacker's too,
 * and dedicated to its miner.
 */
const [ownSession, otherSession, dedicatedSession] = [0, 1, 2];

/** A village of equal miners after its bootstrap, which pays the whole miners' stack by work. */
function village(miners: number): Village {
  const made = new Village('assay', {
    balanceUnits: 100_000_000n,
    edit: (genesis) => {
      const { components, wash } = genesis.params;
      const none = Object.fromEntries(Object.keys(components).map((name) => [name, 0])) as typeof components;
      const params = { components: { ...none, vwuBps: 10_000 }, wash: { ...wash, bootstrapPeriods: 0 } };
      return { ...genesis, params: { ...genesis.params, ...params } };
    },
  });
  made.settle(miners);
  made.block(
    made.tx('otherPayer', 'openSession', made.session({ depositUnits: 1_000_000n })),
    made.tx('payer', 'openSession', made.session({ depositUnits: 1_000_000n, dedicatedMiners: [0] })),
  );
  return made;
}

/** What miner 0 earns in a period in which `own` of a hundred tasks are its owner's, or nobody's. */
function earned(miners: number, own: number, how: 'drawn' | 'steered' | 'dedicated' | 'without'): number {
  const made = village(miners);
  const served = Array.from({ length: tasks }, (_, i) => {
    const isOwn = i < own;
    if (isOwn && how === 'without') return [];
    const miner = isOwn && how !== 'drawn' ? 0 : i % miners;
    const bought = how === 'dedicated' ? dedicatedSession : ownSession;
    return [{ miner, session: isOwn ? bought : otherSession, tokensIn: 100, tokensOut: 200 }];
  });
  const receipts = served.flat();
  if (receipts.length > 0) made.work(receipts);
  const { payouts } = made.finishPeriod();
  return payouts
    .filter(({ kind, role }) => kind === 'miner' && role === 0)
    .reduce((sum, { units }) => sum + Number(units), 0);
}

const grid = [2, 5, 10].flatMap((miners) => [20, 50, 100].map((own) => [miners, own] as const));

describe('the wash guard (F14), by the ledger itself', () => {
  it.each([...grid, [100, 100] as const])('loses for one of %i miners with %i %% of own traffic', (miners, own) => {
    const fees = own * priceUnits;
    const without = earned(miners, own, 'without');
    const returns = (['drawn', 'steered', 'dedicated'] as const).map(
      (how) => (earned(miners, own, how) - without - fees) / fees,
    );
    for (const each of returns) expect(each).toBeLessThan(0);
    // `assay params wash` says the same; trust, which steering raises, is not in its formula.
    const shown = selfDealingReturn({ capacity: 1 / miners, own: own / tasks, isSteered: false });
    expect(returns[0]).toBeCloseTo(shown, 2);
  });

  it('loses at every capacity and share that `assay params wash` shows', () => {
    for (let capacity = 0.01; capacity <= 0.5; capacity += 0.01) {
      for (let own = 0.01; own <= 1; own += 0.01) {
        for (const isSteered of [false, true]) {
          expect(selfDealingReturn({ capacity, own, isSteered })).toBeLessThan(0);
        }
      }
    }
  });
});
