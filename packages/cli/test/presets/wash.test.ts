import { selfDealingReturn, wholeReturn } from '@assay/sim/justice/wash';
import { describe, expect, it } from 'vitest';
import { Village } from './village.fixture.ts';

const tasks = 100;
const priceUnits = 1000;
/**
 * Runs of the first session are the attacker's own, of the second everybody else's; the third is the attacker's too,
 * and dedicated to its miner.
 */
const [ownSession, otherSession, dedicatedSession] = [0, 1, 2];
const ways = ['drawn', 'steered', 'dedicated'] as const;

interface Market {
  readonly miners: number;
  /** Of a hundred tasks, its owner's. */
  readonly own: number;
  readonly isBootstrap: boolean;
}

/** A village of equal miners that mints by the parameters of the default network. */
function village({ miners, isBootstrap }: Market): Village {
  const made = new Village('assay', {
    balanceUnits: 100_000_000n,
    edit: (genesis) => {
      const bootstrapPeriods = isBootstrap ? genesis.params.wash.bootstrapPeriods : 0;
      return { ...genesis, params: { ...genesis.params, wash: { ...genesis.params.wash, bootstrapPeriods } } };
    },
  });
  made.settle(miners);
  made.block(
    made.tx('otherPayer', 'openSession', made.session({ depositUnits: 1_000_000n })),
    made.tx('payer', 'openSession', made.session({ depositUnits: 1_000_000n, dedicatedMiners: [0] })),
  );
  return made;
}

/** What miner 0 earns in a period in which some tasks are its owner's, or nobody buys them. */
function earned(market: Market, how: (typeof ways)[number] | 'without'): number {
  const made = village(market);
  made.measure({ hashRate: 5n, bandwidth: 7n, latencyMs: 100 });
  const served = Array.from({ length: tasks }, (_, i) => {
    const isOwn = i < market.own;
    if (isOwn && how === 'without') return [];
    const miner = isOwn && how !== 'drawn' ? 0 : i % market.miners;
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

const phases = [true, false] as const;
const grid = phases.flatMap((isBootstrap) =>
  [2, 5, 10]
    .flatMap((miners) => [20, 50, 100].map((own) => ({ miners, own, isBootstrap })))
    .concat([{ miners: 100, own: 100, isBootstrap }]),
);

describe('the wash guard (F14), by the ledger itself', () => {
  it.each(grid)('loses for one of $miners miners with $own % of own traffic, bootstrap $isBootstrap', (market) => {
    const fees = market.own * priceUnits;
    const without = earned(market, 'without');
    // Emission was a thousand times all fees: capacity is paid whatever is bought.
    if (market.isBootstrap) expect(without).toBeGreaterThan(1000 * fees);
    const returns = ways.map((how) => (earned(market, how) - without - fees) / fees);
    for (const each of returns) expect(each).toBeLessThan(0);
    // `assay params wash` says the same.
    const shown = { capacity: 1 / market.miners, isBootstrap: market.isBootstrap };
    expect(returns[0]).toBeCloseTo(selfDealingReturn({ ...shown, isSteered: false }), 2);
  });

  it('loses at every capacity, and for who has every role', () => {
    for (const isBootstrap of phases) {
      for (let capacity = 0.01; capacity <= 0.5; capacity += 0.01) {
        for (const isSteered of [false, true]) {
          expect(selfDealingReturn({ capacity, isSteered, isBootstrap })).toBeLessThan(0);
        }
      }
      expect(wholeReturn(isBootstrap)).toBeLessThan(0);
    }
  });

  it('loses for a cheap model in a domain of its own, while others burn much', () => {
    // The payer owns domain, model, gateway and the only miner of the second domain.
    const made = new Village('assay', {
      balanceUnits: 100_000_000n,
      edit: (genesis) => ({
        ...genesis,
        params: { ...genesis.params, wash: { ...genesis.params.wash, bootstrapPeriods: 0 } },
        domains: genesis.domains.flatMap((domain) => [domain, { ...domain, name: 'own', washGuard: false }]),
        models: genesis.models.flatMap((model, i) =>
          i === 0 ? [model] : [{ ...model, domain: 1, priceInUnits: 0n, priceOutUnits: 1n, difficultyPpm: 10_000_000 }],
        ),
      }),
    });
    made.settle(3, (miner) => (miner === 2 ? { domain: 1, models: [1] } : {}));
    made.block(made.tx('otherPayer', 'openSession', made.session({ domain: 1, model: 1, depositUnits: 100_000n })));
    made.work([
      ...Array.from({ length: 50 }, (_, i) => ({ miner: i % 2, tokensIn: 100, tokensOut: 200 })),
      ...Array.from({ length: 50 }, () => ({ session: 1, model: 1, miner: 2, tokensIn: 0, tokensOut: 200 })),
    ]);
    const close = made.finishPeriod();
    // Its work is ten times that of the others, its fees a fifth: 10,000 with 500 burned.
    expect(close.division[1]?.weight).toBeGreaterThan((close.division[0]?.weight ?? 0n) * 4n);
    const minted = close.pools
      .filter(({ source, stack }) => source === 'emission' && (stack === 'miners' || stack === 'creators'))
      .flatMap(({ kind, shares }) => shares.filter(({ role }) => role === (kind === 'miner' ? 2 : 1)))
      .reduce((sum, { units }) => sum + units, 0n);
    expect(minted).toBeGreaterThan(0n);
    expect(minted).toBeLessThanOrEqual(315n);
  });
});
