import { defaultMarket, type Market, selfDealing, wholeReturn } from '@assay/sim/justice/wash';
import { describe, expect, it } from 'vitest';
import { Village } from './village.fixture.ts';

const unit = 1_000_000_000n;

const tasks = 100;
const priceUnits = 1000;
/**
 * Runs of the first session are the attacker's own, of the second everybody else's; the third is the attacker's too,
 * and dedicated to its miner.
 */
const [ownSession, otherSession, dedicatedSession] = [0, 1, 2];
const ways = ['drawn', 'steered', 'dedicated'] as const;

interface Town {
  readonly miners: number;
  /** Of a hundred tasks, its owner's. */
  readonly own: number;
  readonly isBootstrap: boolean;
}

/** What a village says of buying one's own work. */
function marketOfVillage({ genesis, state }: Village): Market {
  const [domain] = genesis.domains;
  if (domain === undefined) throw new Error('there is no domain');
  return { params: state.params, splits: domain, royaltyBps: genesis.models[0]?.royaltyBps ?? 0 };
}

/** A village of equal miners that mints by the parameters of the default network. */
function village({ miners, isBootstrap }: Town): Village {
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
function earned(market: Town, how: (typeof ways)[number] | 'without'): number {
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
    const { isBootstrap } = market;
    const drawn = { capacityBps: 10_000 / market.miners, isSteered: false, isBootstrap, feesUnits: BigInt(fees) };
    const shown = Number(selfDealing(marketOfVillage(village(market)), drawn)) / fees;
    expect(returns[0]).toBeCloseTo(shown, 2);
  });

  it('loses at every capacity, whatever is spent, and for who has every role', () => {
    const spent = [1_000_000n, unit, 1000n * unit, 1_000_000n * unit];
    const cases = phases.flatMap((isBootstrap) => spent.map((feesUnits) => ({ isBootstrap, feesUnits })));
    for (const each of cases) {
      for (let capacityBps = 100; capacityBps <= 9900; capacityBps += 100) {
        const returns = [false, true].map((isSteered) =>
          selfDealing(defaultMarket, { ...each, capacityBps, isSteered }),
        );
        expect(returns.every((units) => units < 0n)).toBe(true);
      }
      expect(wholeReturn(defaultMarket, each)).toBeLessThan(0n);
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

/** What buying a hundred tasks brings the owner of one of two equal miners under a preset, and its fees. */
function bought(preset: string): { made: Village; gain: bigint; fees: bigint } {
  const made = new Village(preset, { balanceUnits: 100_000_000n });
  made.settle(2);
  const fees = BigInt(tasks * priceUnits);
  for (let period = made.state.params.rewards.testPeriods; ; period--) {
    made.work(Array.from({ length: tasks }, (_, i) => ({ miner: i % 2, tokensIn: 100, tokensOut: 200 })));
    const before = made.events.length;
    made.finishPeriod();
    if (period > 0) continue;
    const closed = made.events.slice(before).flatMap((event) => (event.type === 'epochClosed' ? [event.close] : []));
    const own = closed.flatMap(({ payouts }) => payouts).filter(({ kind, role }) => kind === 'miner' && role === 0);
    return { made, gain: own.reduce((sum, { units }) => sum + units, 0n) - fees, fees };
  }
}

/** To two base units, which rounding makes. */
const isNear = (found: bigint, expected: bigint) => found - expected <= 2n && expected - found <= 2n;

describe('buying one’s own work under a published preset', () => {
  const half = { capacityBps: 5000, isSteered: false, isBootstrap: false } as const;

  it.each(['model-mining', 'work-units'])('%s loses, by the guard', (preset) => {
    const { made, gain, fees } = bought(preset);
    expect(gain).toBeLessThan(0n);
    const shown = selfDealing(marketOfVillage(made), { ...half, feesUnits: fees });
    expect(isNear(gain, shown)).toBe(true);
    for (let capacityBps = 1000; capacityBps <= 9000; capacityBps += 1000) {
      const steered = { ...half, capacityBps, isSteered: true, feesUnits: unit };
      expect(selfDealing(marketOfVillage(made), steered)).toBeLessThan(0n);
    }
  });

  // Of a period's miners' stack half: a day of 246,540 units, and 60 % of an epoch of 1,024 or 16 blocks.
  it.each([
    ['competition', 123_270n * unit],
    ['performance', (410_900n * unit * 6n * 512_000n) / (20n * 86_400_000n)],
    ['useful-work', (410_900n * unit * 6n * 8000n) / (20n * 86_400_000n)],
  ])('%s wins the schedule for any fees at all, as its text has it', (preset, stack) => {
    const { made, gain, fees } = bought(preset);
    const shown = selfDealing(marketOfVillage(made), { ...half, feesUnits: fees });
    expect(isNear(shown, stack + (fees * 3n) / 8n - fees)).toBe(true);
    // The first epoch is a block shorter.
    const { epochBlocks, rewards } = made.state.params;
    const blocks = BigInt(epochBlocks) - (rewards.period === 0 ? 1n : 0n);
    const expected = (stack * blocks) / BigInt(epochBlocks) + (fees * 3n) / 8n - fees;
    expect(isNear(gain, expected)).toBe(true);
  });
});
