import type { BodyValues, ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { FEE, World } from '../testing/world.fixture.ts';

describe('openSession §4.3', () => {
  it('moves the deposit into escrow', () => {
    const world = new World();
    expect(world.send('payer', 'openSession', world.session())).toBe('OK');
    expect(world.balance('payer')).toBe(1_000_000n - FEE - 100_000n);
    expect(world.state.sessions.at(0)).toMatchObject({ escrowUnits: 100_000n, spentUnits: 0n });
  });

  it.each<[ResultCode, Partial<BodyValues['openSession']>]>([
    ['ZERO_AMOUNT', { depositUnits: 0n }],
    ['INSUFFICIENT_BALANCE', { depositUnits: 1_000_000n }],
    ['UNKNOWN_DOMAIN', { domain: 1 }],
    ['UNKNOWN_MODEL', { model: 2 }],
    ['UNKNOWN_MIXER', { homeMixer: 4 }],
    ['SESSION_EXPIRED', { expiryHeight: 1 }],
    ['BAD_REDUNDANCY', { redundancy: 0 }],
    ['BAD_REDUNDANCY', { redundancy: 2 }],
    ['BAD_REDUNDANCY', { redundancy: 255 }],
    ['OK', { redundancy: 5 }],
    ['OK', { expiryHeight: 2, depositUnits: 1_000_000n - FEE }],
  ])('%s for %o', (code, change) => {
    const world = new World();
    expect(world.send('payer', 'openSession', world.session(change))).toBe(code);
    expect(world.state.sessions.length).toBe(code === 'OK' ? 1 : 0);
  });
});

describe('a dedicated session §4.11', () => {
  /** Miners 0 and 1 serve both models, miner 2 the second only. */
  function dedicatedWorld(): World {
    const world = new World().populate();
    world.send('minerB', 'registerMiner', world.registration({ models: [0, 1] }));
    world.send('minerC', 'registerMiner', world.registration({ models: [1] }));
    return world;
  }

  it.each<[ResultCode, Partial<BodyValues['openSession']>]>([
    ['OK', { dedicatedMiners: [1] }],
    ['OK', { dedicatedMiners: [0, 1] }],
    ['BAD_DEDICATION', { dedicatedMiners: [1, 0] }],
    ['BAD_DEDICATION', { dedicatedMiners: [1, 1] }],
    ['BAD_DEDICATION', { dedicatedMiners: [0, 2] }],
    ['BAD_DEDICATION', { dedicatedMiners: [0, 3] }],
    ['BAD_DEDICATION', { dedicatedMiners: [2 ** 32 - 1] }],
    ['BAD_DEDICATION', { dedicatedMiners: [0, 1], redundancy: 3 }],
  ])('%s for %o', (code, change) => {
    const world = dedicatedWorld();
    expect(world.send('payer', 'openSession', world.session(change))).toBe(code);
  });

  it('takes work of its miners only', () => {
    const world = dedicatedWorld();
    world.send('payer', 'openSession', world.session({ dedicatedMiners: [1] }));
    const receiptOf = (miner: number) => world.receipt({ session: 1, miner });
    expect(world.codeOf(world.batchTx({ receipts: [receiptOf(0)] }))).toBe('RECEIPT_WRONG_MINER');
    expect(world.codeOf(world.batchTx({ receipts: [receiptOf(1)] }))).toBe('OK');
  });
});

describe('topUpSession §4.3', () => {
  it('adds to the escrow', () => {
    const world = new World().populate();
    expect(world.send('payer', 'topUpSession', { session: 0, amountUnits: 77n })).toBe('OK');
    expect(world.state.sessions.at(0).escrowUnits).toBe(100_077n);
  });

  it('is for running sessions of the sender', () => {
    const world = new World().populate();
    const topUp = (session: number, amountUnits = 5n) => world.send('payer', 'topUpSession', { session, amountUnits });
    expect(topUp(0, 0n)).toBe('ZERO_AMOUNT');
    expect(topUp(0, 1_000_000n)).toBe('INSUFFICIENT_BALANCE');
    expect(topUp(1)).toBe('UNKNOWN_SESSION');
    expect(world.send('otherPayer', 'topUpSession', { session: 0, amountUnits: 5n })).toBe('NOT_PAYER');
    world.send('payer', 'closeSession', { session: 0 });
    expect(topUp(0)).toBe('SESSION_CLOSED');
    world.send('payer', 'openSession', world.session({ expiryHeight: world.height + 2 }));
    expect(topUp(1)).toBe('SESSION_EXPIRED');
  });
});

describe('closeSession §4.3', () => {
  it('gives back the rest at the first epoch end after the last receipt could come', () => {
    const world = new World().populate();
    expect(world.send('payer', 'closeSession', { session: 0 })).toBe('OK');
    expect(world.state.sessions.at(0)).toMatchObject({ status: 'closing', expiryHeight: 3 });
    const { events } = world.finishEpoch();
    expect(world.height).toBe(15);
    expect(events).toContainEqual({ type: 'sessionClosed', session: 0, refundedUnits: 100_000n });
    expect(world.balance('payer')).toBe(1_000_000n - 2n * FEE);
    expect(world.state.sessions.at(0)).toMatchObject({ status: 'closed', escrowUnits: 0n });
  });

  it('waits for an epoch end after which no receipt is in time', () => {
    const world = new World().populate();
    while (world.height < 7) world.block();
    world.send('payer', 'closeSession', { session: 0 });
    expect(world.finishEpoch().events).not.toContainEqual(expect.objectContaining({ type: 'sessionClosed' }));
    expect(world.finishEpoch().events).toContainEqual({ type: 'sessionClosed', session: 0, refundedUnits: 100_000n });
  });

  it('closes a session that nobody closed once it has expired', () => {
    const world = new World();
    world.send('payer', 'openSession', world.session({ expiryHeight: 7 }));
    expect(world.finishEpoch().events).toContainEqual({ type: 'sessionClosed', session: 0, refundedUnits: 100_000n });
    expect(world.send('payer', 'closeSession', { session: 0 })).toBe('SESSION_CLOSED');
  });

  it('does not lengthen a session that has expired', () => {
    const world = new World().populate();
    world.send('payer', 'openSession', world.session({ expiryHeight: 5 }));
    while (world.height < 7) world.block();
    expect(world.send('payer', 'closeSession', { session: 1 })).toBe('OK');
    expect(world.state.sessions.at(1).expiryHeight).toBe(5);
  });

  it('is for the payer, once', () => {
    const world = new World().populate();
    expect(world.send('payer', 'closeSession', { session: 1 })).toBe('UNKNOWN_SESSION');
    expect(world.send('otherPayer', 'closeSession', { session: 0 })).toBe('NOT_PAYER');
    expect(world.send('payer', 'closeSession', { session: 0 })).toBe('OK');
    expect(world.send('payer', 'closeSession', { session: 0 })).toBe('SESSION_CLOSED');
  });

  it('still pays for what was drawn before, and for nothing drawn after', () => {
    const world = new World().populate();
    const drawnBefore = world.receipt({ drawHeight: world.height });
    world.send('payer', 'closeSession', { session: 0 });
    const drawnAfter = world.receipt({ drawHeight: world.height });
    expect(world.codeOf(world.batchTx({ receipts: [drawnAfter] }))).toBe('RECEIPT_OUT_OF_TIME');
    expect(world.codeOf(world.batchTx({ receipts: [drawnBefore] }))).toBe('OK');
  });
});
