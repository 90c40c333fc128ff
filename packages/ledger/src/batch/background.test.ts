import type { BodyValues, Receipt, ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { auditAll } from '../testing/audits.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { backgroundWorld } from '../testing/replicas.fixture.ts';
import { honest, type Sender, softFailure, type World } from '../testing/world.fixture.ts';

const own = { session: 1, kind: 'background' as const, priceUnits: 0n } as const;
const send = (world: World, ...receipts: Receipt[]) => world.codeOf(world.batchTx({ receipts }));

describe('background sessions §4.12', () => {
  it.each<[ResultCode, Sender, Partial<BodyValues['openSession']>]>([
    ['OK', 'landlord', { depositUnits: 0n }],
    ['OK', 'landlord', { depositUnits: 5n, redundancy: 3 }],
    ['NOT_FOUNDATION', 'payer', { depositUnits: 0n }],
    ['NOT_FOUNDATION', 'payer', { depositUnits: 5n }],
    ['BAD_REDUNDANCY', 'payer', { redundancy: 7 }],
    ['UNKNOWN_MODEL', 'landlord', { depositUnits: 0n, model: 9 }],
  ])('%s for %s and %o', (code, sender, change) => {
    const world = backgroundWorld(1000);
    expect(world.send(sender, 'openSession', world.session({ isBackground: true, ...change }))).toBe(code);
  });

  it.each<[ResultCode, Partial<Receipt>]>([
    ['OK', own],
    ['OK', { ...own, kind: 'challenge' }],
    ['RECEIPT_WRONG_KIND', { ...own, kind: 'user' }],
    ['RECEIPT_WRONG_KIND', { kind: 'background', priceUnits: 0n }],
    ['RECEIPT_WRONG_KIND', { kind: 'challenge' }],
    ['OK', { ...own, kind: 'training' }],
    ['OK', { kind: 'training' }],
    ['RECEIPT_BAD_PRICE', { ...own, priceUnits: 100n }],
    ['RECEIPT_BAD_PRICE', { priceUnits: 0n }],
  ])('take %s for %o', (code, change) => {
    const world = backgroundWorld(1000);
    expect(send(world, world.receipt(change))).toBe(code);
  });

  it('may be the network’s own inference in phase 1, and no training §4.13', () => {
    const world = backgroundWorld(1000, { params: { domains: { ...worldParams.domains, inferenceOnly: true } } });
    expect(send(world, world.receipt(own))).toBe('OK');
    expect(send(world, world.receipt({ ...own, kind: 'training' }))).toBe('RECEIPT_TRAINING');
  });

  it('fill an epoch to the last token and begin again with the next', () => {
    const world = backgroundWorld(90);
    const task = () => world.receipt(own);
    expect(send(world, task(), task(), task(), task())).toBe('RECEIPT_BACKGROUND_FULL');
    expect(send(world, task(), task())).toBe('OK');
    expect(send(world, world.receipt({ ...own, tokensIn: 11 }))).toBe('RECEIPT_BACKGROUND_FULL');
    expect(send(world, task())).toBe('OK');
    // What users pay for is not counted.
    expect(send(world, world.receipt({ tokensOut: 1000 }))).toBe('OK');
    world.finishEpoch();
    expect(world.state.globals.backgroundTokens).toBe(0);
    expect(send(world, task())).toBe('OK');
    const closed = backgroundWorld(0);
    expect(send(closed, closed.receipt(own))).toBe('RECEIPT_BACKGROUND_FULL');
  });

  it('test new miners whatever room there is for the others (§4.12.1)', () => {
    const world = backgroundWorld(0);
    expect(send(world, world.receipt({ ...own, kind: 'challenge' }))).toBe('OK');
    expect(world.state.globals.backgroundTokens).toBe(0);
  });

  it('earn work at 0.3 for the miner, nothing for model and gateway, and cost nobody anything (D7)', () => {
    const world = backgroundWorld(1000);
    const receipt = world.receipt(own);
    world.certify(receipt);
    world.audit(receipt.taskId, new Map(world.auditorsOf(receipt.taskId).map((auditor) => [auditor, honest])));
    // (10 + 3·20) · 0.3
    expect(world.state.miners.at(0)).toMatchObject({ epochVwu: 21n, epochTokens: 0n, epochPassed: 1 });
    expect(world.state.models.at(0).epochVwu).toBe(0n);
    expect(world.state.gateways.at(0).epochDuties).toBe(0);
    expect(world.state.sessions.at(1)).toMatchObject({ escrowUnits: 0n, spentUnits: 0n });
    const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
    expect(close?.revenueUnits).toBe(0n);
    expect(close?.scores).toMatchObject([{ miner: 0, raw: { vwu: 21n, usage: 0n } }]);
  });

  it('fine a failure by what the answer would have cost', () => {
    const world = backgroundWorld(1000);
    const receipt = world.receipt(own);
    world.certify(receipt);
    auditAll(world, receipt.taskId, softFailure);
    const opened = world.events.find(({ type }) => type === 'caseOpened');
    expect(opened).toMatchObject({ priceUnits: 100n, proposedUnits: 4736n });
    expect(world.state.sessions.at(1).escrowUnits).toBe(0n);
  });
});
