import type { Offence, Receipt } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { caseWorld, members } from '../testing/cases.fixture.ts';
import { equivocation, invalidItem } from '../testing/offences.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { FEE, realKeys, requestHashOf, World } from '../testing/world.fixture.ts';

const report = (world: World, offence: Offence, sender: 'payer' | 'mixer2' = 'payer') =>
  world.send(sender, 'evidence', { offence });
const stakeOf = (world: World, mixer: number) => world.state.mixers.at(mixer).stakeUnits;
/** Another value of an offence, of the same kind. */
const changed = ({ kind, value }: Offence, change: object) => ({ kind, value: { ...value, ...change } }) as Offence;

describe('evidence §7.4', () => {
  it('opens a case against a mixer that signed two headers of one turn, and rewards the reporter', () => {
    const world = caseWorld();
    expect(report(world, equivocation(world, 2))).toBe('OK');
    expect(world.events.at(-1)).toMatchObject({
      type: 'caseOpened',
      case: 0,
      cause: 'equivocation',
      kind: 'mixer',
      role: 2,
      priceUnits: null,
      proposedUnits: 100n,
      stakeUnits: 1000n,
      leavingUnits: 0n,
      takenUnits: 0n,
      heldUnits: 100n,
    });
    expect(stakeOf(world, 2)).toBe(900n);
    const before = world.balance('payer');
    for (const member of members.slice(0, 2)) world.send(member, 'decideCase', { case: 0, isFine: true });
    const rewards = [{ account: world.address('payer'), units: 20n }];
    expect(world.events.at(-1)).toEqual({
      type: 'caseExecuted',
      case: 0,
      by: 'foundation',
      fineUnits: 100n,
      rewards,
      burnedUnits: 80n,
    });
    expect(world.balance('payer')).toBe(before + 20n);
  });

  it('holds with real signatures, of one mixer or of many', () => {
    const world = new World({ keys: realKeys }).populate();
    expect(report(world, equivocation(world, 1, { signers: [1] }))).toBe('OK');
    expect(report(world, equivocation(world, 0, { signers: [0, 3] }))).toBe('OK');
    expect(report(world, equivocation(world, 2, { signers: [0, 3] }))).toBe('BAD_EVIDENCE');
  });

  it('says nothing against who co-signed both: it may have been asked again with fewer receipts', () => {
    const world = caseWorld();
    expect(report(world, changed(equivocation(world, 0), { mixer: 1 }))).toBe('BAD_EVIDENCE');
  });

  it.each<[string, (world: World) => Offence]>([
    [
      'the same header twice',
      (world) => {
        const first = world.batch().certificate;
        return changed(equivocation(world), { first, second: first });
      },
    ],
    [
      'headers of two turns',
      (world) => changed(equivocation(world), { second: world.batch({ sequence: 9 }).certificate }),
    ],
    [
      'headers of two epochs',
      (world) => {
        for (let i = 0; i < 64; i++) world.block();
        return changed(equivocation(world), { second: world.batch({ epoch: 0 }).certificate });
      },
    ],
    [
      'a header of another mixer',
      (world) => changed(equivocation(world), { second: world.batch({ mixer: 1 }).certificate }),
    ],
    [
      'a forged signature',
      (world) => {
        const second = { ...world.batch({ sequence: 0 }).certificate, signature: new Uint8Array(96) };
        return changed(equivocation(world), { second });
      },
    ],
    ['no signature of the accused', (world) => equivocation(world, 0, { signers: [1, 2, 3] })],
    ['no signature at all', (world) => equivocation(world, 0, { signers: [] })],
    ['a sound receipt', (world) => invalidItem(world, {})],
    ['a receipt that is not in the batch', (world) => changed(invalidItem(world, { priceUnits: 1n }), { index: 0 })],
    ['a path of another length', (world) => changed(invalidItem(world, { priceUnits: 1n }), { path: [] })],
    ['an invalid receipt others signed', (world) => invalidItem(world, { priceUnits: 1n }, { signers: [0, 1] })],
  ])('proves nothing with %s', (_, make) => {
    const world = caseWorld();
    expect(report(world, make(world))).toBe('BAD_EVIDENCE');
    expect(world.state.cases.length).toBe(0);
  });

  it.each<[string, Partial<Receipt>]>([
    ['a price that does not follow', { priceUnits: 99n }],
    ['a task id that does not follow', { taskId: new Uint8Array(32) }],
    ['a kind that the session does not take', { kind: 'challenge' }],
    ['a session there is not', { session: 9 }],
    ['a model that is not the session’s', { model: 1 }],
    ['a miner there is not', { miner: 9 }],
    ['a gateway there is not', { gateway: 9 }],
    ['a replica the session does not ask for', { replica: 1 }],
    ['a draw in the future', { drawHeight: 1000 }],
  ])('counts %s, which can never become valid', (_, change) => {
    const world = caseWorld();
    expect(report(world, invalidItem(world, change))).toBe('OK');
    expect(world.state.cases.at(0)).toMatchObject({ cause: 'invalidItem', kind: 'mixer', role: 2 });
  });

  it('counts a ticket that is not the issuer’s, with real keys', () => {
    const world = new World({ keys: realKeys, params: { epochBlocks: 64 } }).populate();
    const task = { session: 0, requestHash: requestHashOf(7) };
    const reported = (mixer: number, ticket: Uint8Array) =>
      report(world, invalidItem(world, { ...task, ticket }, { mixer }));
    expect(reported(0, world.ticket(task))).toBe('BAD_EVIDENCE');
    expect(reported(1, world.ticket(task, 1))).toBe('OK');
    expect(reported(2, world.ticket({ ...task, session: 1 }))).toBe('OK');
    expect(reported(3, new Uint8Array(96))).toBe('OK');
  });

  it('counts a price above the session’s highest, and a draw after its end', () => {
    const world = caseWorld();
    expect(report(world, invalidItem(world, { tokensOut: 3000 }))).toBe('OK');
    world.send('payer', 'closeSession', { session: 0 });
    const { expiryHeight } = world.state.sessions.at(0);
    const late = invalidItem(world, { drawHeight: expiryHeight }, { mixer: 1 });
    expect(report(world, late)).toBe('OK');
    const inTime = invalidItem(world, { drawHeight: expiryHeight - 1 }, { mixer: 3 });
    expect(report(world, inTime)).toBe('BAD_EVIDENCE');
  });

  it('does not count what a later block made invalid: a price before the last, a task already certified', () => {
    const world = caseWorld();
    const dear = invalidItem(world, { tokensIn: 11 });
    const certified = invalidItem(world, {});
    world.certify(world.receipt({ requestHash: requestHashOf(601) }));
    world.send('creator', 'updateModelPrice', { model: 0, priceInUnits: 3n, priceOutUnits: 5n });
    expect(report(world, dear)).toBe('BAD_EVIDENCE');
    expect(report(world, certified)).toBe('BAD_EVIDENCE');
    const unknown = invalidItem(world, { priceUnits: 1n, drawHeight: 2 });
    expect(report(world, unknown)).toBe('BAD_EVIDENCE');
  });

  it('counts each offence once, however it is shown and even after its case is forgotten', () => {
    const world = caseWorld();
    const offence = equivocation(world, 2);
    const otherReceipts = equivocation(world, 2, { receipts: [] });
    expect(report(world, offence)).toBe('OK');
    expect(report(world, offence)).toBe('EVIDENCE_KNOWN');
    expect(report(world, otherReceipts)).toBe('EVIDENCE_KNOWN');
    for (const member of members.slice(0, 2)) world.send(member, 'decideCase', { case: 0, isFine: false });
    expect(report(world, offence)).toBe('EVIDENCE_KNOWN');
    world.finishEpoch();
    expect(report(world, offence)).toBe('EVIDENCE_KNOWN');
    world.finishEpoch();
    expect(report(world, offence)).toBe('EVIDENCE_OUT_OF_TIME');
  });

  it('is not taken about an epoch to come', () => {
    const world = caseWorld();
    expect(report(world, equivocation(world, 2, { epoch: 1 }))).toBe('EVIDENCE_OUT_OF_TIME');
  });

  it('never pays who reports itself', () => {
    const world = caseWorld();
    world.send('payer', 'transfer', { to: world.address('mixer2'), amountUnits: 100n });
    expect(report(world, equivocation(world, 2), 'mixer2')).toBe('OK');
    expect(world.state.cases.at(0).finders).toEqual([]);
    for (const member of members.slice(0, 2)) world.send(member, 'decideCase', { case: 0, isFine: true });
    expect(world.events.at(-1)).toMatchObject({ rewards: [], burnedUnits: 100n });
    expect(world.balance('mixer2')).toBe(100n - FEE);
  });

  it('reaches stake that is on its way out, after the stake itself (economics §6.5)', () => {
    const stake = { ...worldParams.stake, mixerMinUnits: 0n };
    const cases = { ...worldParams.cases, automaticDecision: false };
    const world = new World({ params: { stake, cases, epochBlocks: 64, emissionPerDayUnits: 0n } }).populate();
    world.send('payer', 'transfer', { to: world.address('mixer2'), amountUnits: 100n });
    const unbond = (amountUnits: bigint) => world.send('mixer2', 'unbond', { kind: 'mixer', role: 2, amountUnits });
    expect([unbond(30n), unbond(910n)]).toEqual(['OK', 'OK']);
    expect(report(world, equivocation(world, 2))).toBe('OK');
    expect(world.events.at(-1)).toMatchObject({ stakeUnits: 60n, leavingUnits: 940n, heldUnits: 100n });
    expect(stakeOf(world, 2)).toBe(0n);
    expect(Array.from(world.state.unbonding, ({ units }) => units)).toEqual([0n, 900n]);
    expect(world.state.cases.at(0)).toMatchObject({ heldUnits: 60n, unbondingUnits: 40n, fineUnits: 100n });
    while (world.state.cases.at(0).status === 'review') world.finishEpoch();
    // Dismissed: what was the stake's is staked again, the rest goes the way it was on.
    expect(stakeOf(world, 2)).toBe(60n);
    const before = world.balance('mixer2');
    world.finishEpoch();
    expect(world.balance('mixer2')).toBe(before + 40n);
  });

  it('knows its mixer, and takes nothing where nothing can be held', () => {
    const world = new World({ params: { cases: { ...worldParams.cases, offencePpb: 0 } } }).populate();
    expect(report(world, changed(equivocation(world), { mixer: 9 }))).toBe('UNKNOWN_MIXER');
    expect(report(world, equivocation(world))).toBe('NOTHING_TO_HOLD');
  });
});
