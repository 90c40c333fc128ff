import type { ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { FEE, honest, World } from '../testing/world.fixture.ts';

/** The epoch in which miner 0 did a task of 1,000 base units, with what was delegated to it. */
function closeWith(delegated: readonly ['payer' | 'otherPayer' | 'owner', bigint][]) {
  const world = new World({ balanceUnits: 2_000_000n }).populate();
  for (const [staker, amountUnits] of delegated) world.send(staker, 'delegate', { miner: 0, amountUnits });
  const receipt = world.receipt({ tokensIn: 100, tokensOut: 200 });
  world.certify(receipt);
  world.audit(receipt.taskId, new Map(world.auditorsOf(receipt.taskId).map((auditor) => [auditor, honest])));
  const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
  if (close === undefined) throw new Error('the epoch did not close');
  return { world, close };
}

describe('delegate economics §6.2', () => {
  it('moves base units of the sender onto a miner, once or again', () => {
    const world = new World().populate();
    expect(world.send('otherPayer', 'delegate', { miner: 0, amountUnits: 30n })).toBe('OK');
    expect(world.send('otherPayer', 'delegate', { miner: 0, amountUnits: 12n })).toBe('OK');
    expect(world.balance('otherPayer')).toBe(1_000_000n - 2n * FEE - 42n);
    expect([...world.state.delegations]).toEqual([{ staker: world.address('otherPayer'), miner: 0, stakeUnits: 42n }]);
    expect(world.state.miners.at(0).delegatedUnits).toBe(42n);
    const staker = world.address('otherPayer');
    expect(world.events.at(-1)).toEqual({ type: 'delegated', miner: 0, staker, units: 12n });
  });

  it('is told, as are what is taken back, shares that go to another, and backing', () => {
    const world = new World().populate();
    const [staker, creator] = [world.address('payer'), world.address('creator')];
    world.send('payer', 'delegate', { miner: 0, amountUnits: 30n });
    world.send('payer', 'undelegate', { miner: 0, amountUnits: 10n });
    world.send('payer', 'backModel', { model: 0, amountUnits: 7n });
    world.send('payer', 'withdrawBacking', { model: 0, amountUnits: 3n });
    world.block(world.tx('creator', 'transferModelShares', { model: 0, to: staker, shares: 5 }));
    expect(world.events.slice(-5)).toEqual([
      { type: 'delegated', miner: 0, staker, units: 30n },
      { type: 'undelegated', miner: 0, staker, units: 10n },
      { type: 'modelBacked', model: 0, holder: staker, units: 7n },
      { type: 'backingWithdrawn', model: 0, holder: staker, units: 3n },
      { type: 'modelSharesTransferred', model: 0, from: creator, to: staker, shares: 5 },
    ]);
  });

  it('counts as the miner’s stake in the competition', () => {
    const { close } = closeWith([['otherPayer', 500n]]);
    expect(close.scores[0]?.raw.stake).toBe(1500n);
  });

  it('gives stakers the stakers’ part, by what each has delegated', () => {
    const { world, close } = closeWith([
      ['payer', 100n],
      ['otherPayer', 200n],
    ]);
    const stakers = close.payouts.filter((payout) => payout.kind === 'staker');
    const [payer, other] = [world.address('payer'), world.address('otherPayer')];
    // Of 750 of revenue 15 % are 112.5, rounded down since the owner's half comes first: 37⅓ and 74⅔.
    // Of the emission's 4,500,000 they are 675,000.
    expect(stakers).toEqual([
      { account: payer, source: 'revenue', stack: 'miners', kind: 'staker', role: 0, units: 37n },
      { account: other, source: 'revenue', stack: 'miners', kind: 'staker', role: 0, units: 75n },
      { account: payer, source: 'emission', stack: 'miners', kind: 'staker', role: 0, units: 225_000n },
      { account: other, source: 'emission', stack: 'miners', kind: 'staker', role: 0, units: 450_000n },
    ]);
    const owner = close.payouts.find(
      ({ source, account }) => source === 'emission' && account === world.state.miners.at(0).owner,
    );
    expect(owner?.units).toBe((4_500_000n * 35n) / 100n);
  });

  it.each<[ResultCode, { miner: number; amountUnits: bigint }]>([
    ['ZERO_AMOUNT', { miner: 0, amountUnits: 0n }],
    ['INSUFFICIENT_BALANCE', { miner: 1, amountUnits: 1n << 60n }],
    ['UNKNOWN_ROLE', { miner: 1, amountUnits: 1n }],
  ])('%s for %o', (code, body) => {
    expect(new World().populate().send('otherPayer', 'delegate', body)).toBe(code);
  });
});
