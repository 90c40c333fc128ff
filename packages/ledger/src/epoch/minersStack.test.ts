import type { DomainTerms, ModelRow, Params } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { apportion } from '../apportion.ts';
import { nameOf, weighedBy } from '../domains.fixture.ts';
import { worldParams } from '../params.fixture.ts';
import type { EpochClose } from '../result.ts';
import { honest, type Sender, World } from '../world.fixture.ts';

/**
 * Two domains; the first is weighed by work alone, the second, with model 2, as `terms` say. Miner 0 is in the first,
 * miners 1 and 2 in the second, with 1,000 and 3,000 base units of collateral.
 */
function twoDomains(
  terms: Partial<DomainTerms>,
  wash: Partial<typeof worldParams.wash> = {},
  prices: Partial<Pick<ModelRow, 'priceInUnits' | 'priceOutUnits'>> = {},
  others: Partial<Params> = {},
): World {
  const own = { wash: { ...worldParams.wash, ...wash }, ...others };
  const params = { epochBlocks: 40, receiptLifetimeBlocks: 40, ...own };
  const world = new World({
    params: { ...params, components: weighedBy('vwuBps')[0] ?? worldParams.components },
    edit: (genesis) => ({
      ...genesis,
      domains: genesis.domains.flatMap((domain) => [domain, { ...domain, name: nameOf('law'), ...terms }]),
      models: genesis.models.flatMap((model, i) =>
        i === 0 ? [model] : [model, { ...model, ...prices, name: nameOf('lawyer'), domain: 1 }],
      ),
    }),
  });
  const register = (who: Sender, domain: number, collateralUnits: bigint) =>
    world.tx(who, 'registerMiner', world.registration({ domain, models: [domain * 2], collateralUnits }));
  world.block(register('minerA', 0, 1000n), register('minerB', 1, 1000n), register('minerC', 1, 3000n));
  world.block(
    world.tx('payer', 'openSession', world.session()),
    world.tx('payer', 'openSession', world.session({ domain: 1, model: 2 })),
  );
  world.block();
  return world;
}

/** Certifies and approves one task of 10 and 20 tokens, 70 VWU, of each of these miners; then ends the epoch. */
function closeAfter(world: World, miners: readonly number[], tokens = { tokensIn: 10, tokensOut: 20 }): EpochClose {
  const receipts = miners.map((miner) =>
    world.receipt({ miner, ...tokens, ...(miner === 0 ? {} : { session: 1, model: 2 }) }),
  );
  world.certify(...receipts);
  const audits = receipts.flatMap(({ taskId }) =>
    world.auditorsOf(taskId).map((auditor) => world.auditPair(auditor, taskId, honest)),
  );
  world.block(...audits.map((audit) => audit.commit()));
  world.block(...audits.map((audit) => audit.reveal()));
  const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
  if (close === undefined) throw new Error('no epoch was closed');
  return close;
}

const minersStack = (close: EpochClose) => close.pools.filter(({ kind }) => kind === 'miner');
const all = (amounts: readonly bigint[]) => amounts.reduce((sum, each) => sum + each, 0n);

describe('the miners’ stack, economics §4.6', () => {
  it('goes to domains by trusted work, and inside one by its own weights', () => {
    const close = closeAfter(twoDomains({ components: weighedBy('stakeBps') }), [0, 1, 1, 2]);
    const [t0 = 0n, t1 = 0n, t2 = 0n] = close.scores.map(({ trustPpb }) => BigInt(trustPpb));
    expect(t1).toBeGreaterThan(t2);
    const levels = 1_000_000_000n;
    const works = [70n * t0 * levels, (140n * t1 + 70n * t2) * levels];
    expect(close.division.map(({ role, weight }) => [role, weight])).toEqual(
      works.map((work, domain) => [domain, work]),
    );
    // 60 % where creators get 10 %.
    const stack = all(minersStack(close).map(({ units }) => units));
    expect(stack).toBe(all(close.pools.filter((each) => each.stack === 'creators').map(({ units }) => units)) * 6n);
    expect(close.division.map(({ units }) => units)).toEqual(apportion(stack, works));
    const [first, second] = minersStack(close);
    expect(first?.shares.map(({ role, units }) => [role, units])).toEqual([[0, close.division[0]?.units]]);
    // By stake alone: 1,000 and 3,000, times trust; their work divides nothing here.
    const byStake = apportion(close.division[1]?.units ?? 0n, [1000n * t1, 3000n * t2]);
    expect(second?.shares.map(({ units }) => units)).toEqual(byStake);
  });

  it('goes whole to the only domain in which anybody competes', () => {
    const close = closeAfter(twoDomains({}), [1, 2]);
    expect(close.division).toHaveLength(1);
    expect(close.division[0]).toMatchObject({ role: 1, units: all(minersStack(close).map(({ units }) => units)) });
    const none = closeAfter(twoDomains({}), []);
    expect([none.division, minersStack(none)]).toEqual([[], []]);
  });

  it('divides among domains what is credited, even where a domain counts all of it inside', () => {
    const closes = [true, false].map((washGuard) => {
      // A payer brings all three of its tasks to one of two miners, whose part of the draws is one half.
      return closeAfter(twoDomains({ washGuard }, { creditFactor: 1 }), [0, 1, 1, 1]);
    });
    expect(closes.map(({ scores }) => scores.map(({ raw }) => raw['vwu']))).toEqual([
      [70n, 105n],
      [70n, 210n],
    ]);
    const [guarded, open] = closes.map(({ division }) => division);
    expect(open).toEqual(guarded);
    const trust = BigInt(closes[0]?.scores[1]?.trustPpb ?? 0);
    expect(open?.[1]?.weight).toBe(105n * trust * 1_000_000_000n);
  });

  it('gives no domain more than its part of what may be minted for what was burned, economics §7.4', () => {
    const world = twoDomains({}, { bootstrapPeriods: 0 }, { priceInUnits: 1n, priceOutUnits: 0n });
    const close = closeAfter(world, [0, 0, 0, 0, 1, 1, 2, 2], { tokensIn: 100, tokensOut: 200 });
    // Four tasks of 1,000 and four of 100, 5 % of it burned; 90 % of that may be minted, 60 % of it for miners.
    expect([close.burnedUnits, close.emission?.limitUnits]).toEqual([220n, 198n]);
    const [first, second] = close.division;
    // The work of both is the same, trust is not, so that a little less than half of 119 would go to the second.
    expect(second?.weight).toBeGreaterThan((first?.weight ?? 0n) / 2n);
    expect([first?.limitUnits, second?.limitUnits]).toEqual([180n, 18n]);
    expect(second?.units).toBe(18n);
    expect(minersStack(close).map(({ units }) => units)).toEqual([first?.units, 18n]);
    expect(close.mintedUnits).toBeLessThan(198n);
    expect(world.state.domains.at(1).periodBurnedUnits).toBe(0n);
  });

  it('remembers what a domain burned until its period ends', () => {
    const rewards = { ...worldParams.rewards, period: 1, dayMs: 36_000 };
    const world = twoDomains({}, { bootstrapPeriods: 0 }, {}, { rewards });
    // Each day has two epochs; on the first nobody has any trust.
    const closes = [[0, 1], [0], [0, 1]].map((miners) => closeAfter(world, miners));
    expect(closes.map(({ emission }) => emission?.period)).toEqual([undefined, 0, undefined]);
    // 100 base units each.
    expect([...world.state.domains].map((domain) => domain.periodBurnedUnits)).toEqual([5n, 5n]);
    const last = closeAfter(world, [0]);
    expect(last.emission).toMatchObject({ period: 1, limitUnits: 13n });
    expect(last.division.map(({ role, limitUnits }) => [role, limitUnits])).toEqual([
      [0, 9n],
      [1, 4n],
    ]);
    expect([...world.state.domains].map((domain) => domain.periodBurnedUnits)).toEqual([0n, 0n]);
  });

  it('gives what one competition over all would give when all weigh work alone', () => {
    const close = closeAfter(twoDomains({}), [0, 1, 1, 2]);
    const trusted = close.scores.map(({ raw, trustPpb }) => (raw['vwu'] ?? 0n) * BigInt(trustPpb));
    const stack = all(minersStack(close).map(({ units }) => units));
    const expected = apportion(stack, trusted);
    for (const [i, { emissionUnits }] of close.scores.entries()) {
      expect(Number(emissionUnits - (expected[i] ?? 0n))).toBeCloseTo(0, -1);
    }
  });
});
