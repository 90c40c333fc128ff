import type { DomainTerms, EpochClose, ModelRow } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { apportion } from '../arithmetic/apportion.ts';
import { weighedBy } from '../testing/domains.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { honest, type Sender, World } from '../testing/world.fixture.ts';

/**
 * Two domains; the first is weighed by work alone, the second, with model 2, as `terms` say. Miner 0 is in the first,
 * miners 1 and 2 in the second, with 1,000 and 3,000 base units of collateral.
 */
function twoDomains(
  terms: Partial<DomainTerms>,
  wash: Partial<typeof worldParams.wash> = {},
  prices: Partial<Pick<ModelRow, 'priceInUnits' | 'priceOutUnits'>> = {},
): World {
  const params = { epochBlocks: 40, receiptLifetimeBlocks: 40, wash: { ...worldParams.wash, ...wash } };
  const world = new World({
    params: { ...params, components: weighedBy('vwuBps')[0] ?? worldParams.components },
    edit: (genesis) => ({
      ...genesis,
      domains: genesis.domains.flatMap((domain) => [domain, { ...domain, name: 'law', ...terms }]),
      models: genesis.models.flatMap((model, i) =>
        i === 0
          ? [model]
          : [model, { ...model, ...prices, name: 'lawyer', domain: 1, fileHash: new Uint8Array(32).fill(9) }],
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

const minersStack = (close: EpochClose) =>
  close.pools.filter(({ stack, source }) => stack === 'miners' && source === 'emission');
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

  it('limits a domain by what it burned, and its miners where it is guarded, economics §7.4', () => {
    const closes = [true, false].map((washGuard) => {
      const wash = { mintOfBurnBps: 9000, bootstrapPeriods: 0 };
      const world = twoDomains({ washGuard, components: weighedBy('stakeBps') }, wash, {
        priceInUnits: 1n,
        priceOutUnits: 0n,
      });
      return closeAfter(world, [0, 0, 0, 0, 1, 1, 2, 2], { tokensIn: 100, tokensOut: 200 });
    });
    // Four tasks of 1,000 and four of 100, 5 % of it burned; 90 % of that may be minted, 60 % of it for miners.
    expect(closes.map(({ burnedUnits, emission }) => [burnedUnits, emission?.limitUnits])).toEqual([
      [220n, 198n],
      [220n, 198n],
    ]);
    for (const close of closes) {
      const [first, second] = close.division;
      // The work of both is the same, trust is not, so that a little less than half of 118 would go to the second.
      expect(second?.weight).toBeGreaterThan((first?.weight ?? 0n) / 2n);
      expect([first?.limitUnits, second?.limitUnits, second?.units]).toEqual([108n, 10n, 10n]);
    }
    const second = closes.map((close) => minersStack(close)[1]?.shares);
    // By stake the third would have three quarters; its tasks burned a half.
    expect(second.map((shares) => shares?.map(({ units, limitUnits }) => [units, limitUnits]))).toEqual([
      [
        [3n, 5n],
        [5n, 5n],
      ],
      [
        [3n, null],
        [7n, null],
      ],
    ]);
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
