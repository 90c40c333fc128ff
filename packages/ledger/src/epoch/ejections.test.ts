import type { AuditNumbers, Flaw, Params } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { drawTable, eligibleMiners } from '../draw/draw.ts';
import { newWorld, work } from '../standing/levels.fixture.ts';
import { auditAll } from '../testing/audits.fixture.ts';
import { answer, caseWorld, members } from '../testing/cases.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { hardFailure, honest, softFailure, unchecked, type World } from '../testing/world.fixture.ts';

const drawable = (world: World) => {
  const place = { kind: 'user' as const, domain: 0, model: 0, payer: world.address('payer') };
  const bounds = { maxTokensIn: 64, maxTokensOut: 64 };
  const request = { ...place, ...bounds, dedicatedMiners: [], taskId: new Uint8Array(32), drawHeight: world.height };
  return eligibleMiners(drawTable(world.state), request).map(({ miner }) => miner);
};

/** Miner 0 in a world with fines, whose evidence is enough at the end of this epoch. */
function guiltyWorld(change: Partial<Params['cases']> = {}): World {
  const world = caseWorld(change);
  for (let i = 0; i < 3; i++) answer(world);
  return world;
}
const isHeld = (world: World, miner = 0) => world.state.miners.at(miner).status === 'held';
const ejectionOf = (world: World, miner = 0) => {
  const row = [...world.state.cases].find(({ cause, role }) => cause === 'ejection' && role === miner);
  if (row === undefined) throw new Error(`no case about the ejection of miner ${miner}`);
  return row;
};
const decide = (world: World, isFine: boolean) => {
  const { id } = ejectionOf(world);
  for (const member of members.slice(0, 2)) world.send(member, 'decideCase', { case: id, isFine });
};

describe('ejection (verification §4.5)', () => {
  it('begins at the end of the epoch in which the evidence was enough: the miner is held', () => {
    const world = newWorld();
    work(world, hardFailure, hardFailure, hardFailure, honest);
    expect(world.state.miners.at(0).cusumMilli).toBe(18_000);
    expect(drawable(world)).toEqual([0]);
    const { events } = world.finishEpoch();
    const evidence = { cusumMilli: 18_000, hardFailures: 3 };
    expect(events).toContainEqual({ type: 'minerHeld', miner: 0, case: 0, ...evidence, isFrozen: false });
    expect(world.state.miners.at(0)).toMatchObject({ status: 'held', weight: 0n });
    expect(drawable(world)).toEqual([]);
    expect(world.finishEpoch().events.some(({ type }) => type === 'minerHeld')).toBe(false);
  });

  it('costs the emission of the epoch, not what users paid for approved work', () => {
    const world = newWorld();
    work(world, honest, hardFailure, hardFailure, hardFailure);
    const close = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close;
    expect(close?.scores).toEqual([]);
    const sources = close?.payouts.filter(({ kind }) => kind === 'miner').map(({ source }) => source);
    expect(sources).toEqual(['revenue', 'revenue']);
  });

  it('leaves miners alone whose evidence is not enough', () => {
    const world = newWorld();
    work(world, hardFailure, hardFailure);
    world.finishEpoch();
    expect(world.state.miners.at(0)).toMatchObject({ status: 'active', cusumMilli: 12_000 });
    expect(drawable(world)).toEqual([0]);
  });

  it('holds what it may take, and lets nobody take out the rest or leave (§10.16)', () => {
    const world = newWorld();
    work(world, hardFailure, hardFailure, hardFailure);
    world.finishEpoch();
    const held = { status: 'review', proposedUnits: 100n, heldUnits: 100n };
    expect(world.state.cases.at(0)).toMatchObject({ cause: 'ejection', ...held });
    expect(world.state.miners.at(0).collateralUnits).toBe(900n);
    const role = { kind: 'miner' as const, role: 0 };
    const amountUnits = 1n;
    const { publicKey } = world.key('stranger3');
    expect(world.send('owner', 'unbond', { ...role, amountUnits })).toBe('ROLE_HELD');
    expect(world.send('owner', 'bond', { ...role, amountUnits })).toBe('ROLE_HELD');
    expect(world.send('owner', 'setRoleStatus', { ...role, status: 'deregistered' })).toBe('ROLE_HELD');
    expect(world.send('owner', 'rotateKey', { ...role, publicKey })).toBe('ROLE_HELD');
    expect(world.send('payer', 'delegate', { miner: 0, amountUnits })).toBe('ROLE_HELD');
    expect(world.send('minerA', 'registerMiner', world.registration())).toBe('ALREADY_REGISTERED');
    expect(world.state.unbonding.length).toBe(0);
  });

  it.each<[Partial<Params['cases']>, bigint, bigint]>([
    [{}, 0n, 1000n],
    [{ ejectionReturnPpb: 940_000_000 }, 60n, 940n],
    // The cap of a case holds for this one as well.
    [{ ejectionReturnPpb: 0 }, 100n, 900n],
  ])('gives back what it says when the evidence is soft (B8): %o', (change, heldUnits, returnedUnits) => {
    const world = newWorld({ ...worldParams.cases, foundationReview: false, appealEpochs: 1, ...change });
    work(world, ...Array<typeof softFailure>(5).fill(softFailure));
    world.finishEpoch();
    expect(world.state.cases.at(0).heldUnits).toBe(heldUnits);
    const { events } = world.finishEpoch();
    const evidence = { cusumMilli: 17_000, hardFailures: 0 };
    expect(events).toContainEqual({ type: 'minerEjected', miner: 0, ...evidence, returnedUnits });
  });

  it('is for ever once its time has passed in phase 2, and divides the collateral (economics §6.8)', () => {
    const world = newWorld({ ...worldParams.cases, foundationReview: false, appealEpochs: 1 });
    work(world, hardFailure, hardFailure, hardFailure);
    world.finishEpoch();
    expect(isHeld(world)).toBe(true);
    world.finishEpoch();
    expect(world.events).toContainEqual({
      type: 'caseExecuted',
      case: 0,
      by: 'time',
      fineUnits: 100n,
      rewards: [],
      burnedUnits: 100n,
    });
    expect(world.state.miners.at(0)).toMatchObject({ status: 'ejected', collateralUnits: 0n });
    expect(world.state.unbonding.at(0)).toMatchObject({ units: 900n, releaseEpoch: 3 });
    const before = world.balance('owner');
    for (let epoch = 0; epoch < 3; epoch++) world.finishEpoch();
    expect(world.balance('owner')).toBe(before + 900n);
  });

  it.each([
    [true, 'ejected'],
    [false, 'active'],
  ] as const)('may be appealed in phase 2; nobody hears it, automatic decision %s: %s', (automaticDecision, status) => {
    const terms = { foundationReview: false, appealEpochs: 1, reviewEpochs: 1, automaticDecision };
    const world = newWorld({ ...worldParams.cases, ...terms });
    work(world, hardFailure, hardFailure, hardFailure);
    world.finishEpoch();
    expect(world.send('owner', 'appealCase', { case: 0 })).toBe('OK');
    // Three epochs for a vote, one for the review.
    for (let epoch = 0; epoch < 4; epoch++) world.finishEpoch();
    expect(isHeld(world)).toBe(true);
    world.finishEpoch();
    expect(world.state.miners.at(0).status).toBe(status);
  });

  it('freezes while the evidence is in doubt, and is forgotten when that is dismissed (§10.8)', () => {
    const cases = { ...worldParams.cases, gainPpb: 600_000_000, breakerMinFailing: 1, reviewEpochs: 1 };
    const world = newWorld(cases);
    work(world, hardFailure, hardFailure, hardFailure);
    const { events } = world.finishEpoch();
    expect(events.some(({ type }) => type === 'penaltiesFrozen')).toBe(true);
    expect(world.state.miners.at(0)).toMatchObject({ status: 'active', cusumMilli: 18_000 });
    const role = { kind: 'miner' as const, role: 0, amountUnits: 1000n };
    expect(world.send('owner', 'bond', role)).toBe('OK');
    expect(world.send('owner', 'unbond', { ...role, amountUnits: 1n })).toBe('ROLE_HELD');
    world.finishEpoch();
    expect(world.state.miners.at(0)).toMatchObject({
      status: 'active',
      cusumMilli: 0,
      hardFailures: 0,
      collateralUnits: 2000n,
    });
  });
});

describe('an ejection that is dismissed §10.16', () => {
  it('gives place, collateral and record back when the foundation says so', () => {
    const world = caseWorld({ gainPpb: 600_000_000 });
    for (let i = 0; i < 4; i++) answer(world, honest);
    world.finishEpoch();
    const before = world.state.miners.standing(0);
    for (let i = 0; i < 3; i++) answer(world);
    world.finishEpoch();
    expect(world.state.miners.standing(0).trustPpb).toBeLessThan(before.trustPpb);
    expect(drawable(world)).toEqual([]);
    decide(world, false);
    const { status, collateralUnits, cusumMilli, failures, failedMicro, level, streak } =
      world.state.miners.standing(0);
    expect({ status, collateralUnits, cusumMilli, failures, failedMicro }).toEqual({
      status: 'active',
      collateralUnits: 1000n,
      cusumMilli: 0,
      failures: 0,
      failedMicro: 0,
    });
    expect([level, streak]).toEqual([before.level, before.streak]);
    expect([...world.state.cases].every((row) => row.status === 'dismissed')).toBe(true);
    world.finishEpoch();
    expect(drawable(world)).toEqual([0]);
    // It ages like any record: four passes weigh a little less than they did.
    expect(world.state.miners.standing(0).trustPpb).toBeGreaterThan(before.trustPpb / 2);
  });

  it('gives the place back by silence, and forgives no failure', () => {
    const world = guiltyWorld({ reviewEpochs: 1 });
    world.finishEpoch();
    const { failedMicro } = world.state.miners.standing(0);
    expect(failedMicro).toBeGreaterThan(0);
    expect(isHeld(world)).toBe(true);
    world.finishEpoch();
    expect(world.state.miners.at(0)).toMatchObject({ status: 'active', cusumMilli: 0, trustPpb: 0 });
    expect(world.state.miners.standing(0).failedMicro).toBeGreaterThan(0);
  });

  it('is final when the foundation agrees to it', () => {
    const world = guiltyWorld();
    world.finishEpoch();
    const fineUnits = ejectionOf(world).heldUnits;
    const { collateralUnits } = world.state.miners.at(0);
    decide(world, true);
    expect(world.state.miners.at(0)).toMatchObject({ status: 'ejected', collateralUnits: 0n });
    expect(world.state.unbonding.at(0).units).toBe(collateralUnits);
    expect(world.state.globals.burnedUnits).toBe(fineUnits);
  });

  it('leaves one that had deregistered as it was', () => {
    const world = guiltyWorld({ reviewEpochs: 1 });
    const body = { kind: 'miner' as const, role: 0, status: 'deregistered' as const };
    expect(world.send('owner', 'setRoleStatus', body)).toBe('OK');
    world.finishEpoch();
    expect(isHeld(world)).toBe(true);
    world.finishEpoch();
    expect(world.state.miners.at(0).status).toBe('deregistered');
  });
});

describe('failures with one cause §10.15', () => {
  const malformed = (flaw: Flaw) => ({ ...unchecked('malformed'), flaw });
  /** Three miners and two payers, each with a session. */
  function village(change: Partial<Params['cases']> = {}): World {
    const world = caseWorld({ reviewEpochs: 2, breakerMinFailing: 4, ...change });
    for (const miner of ['minerB', 'minerC'] as const) world.send(miner, 'registerMiner', world.registration());
    world.send('otherPayer', 'openSession', world.session());
    world.block();
    return world;
  }
  const fail = (world: World, miner: number, numbers: AuditNumbers = hardFailure, session = 0) => {
    const receipt = world.receipt({ miner, session });
    world.certify(receipt);
    auditAll(world, receipt.taskId, numbers);
  };
  const statuses = (world: World) => [...world.state.miners].map(({ status }) => status);
  const [active, held] = ['active', 'held'];

  it('one payer’s, paced over epochs: at most one miner stands still, and nobody is ejected for it', () => {
    const world = village();
    for (let i = 0; i < 3; i++) fail(world, 0);
    world.finishEpoch();
    expect(statuses(world)).toEqual([held, active, active]);
    for (let i = 0; i < 3; i++) fail(world, 1);
    expect(world.finishEpoch().events).toContainEqual(
      expect.objectContaining({ type: 'penaltiesFrozen', shared: 'payer', failing: 2, miners: 3 }),
    );
    expect(statuses(world)).toEqual([active, active, active]);
    for (let i = 0; i < 3; i++) fail(world, 2);
    world.finishEpoch();
    expect(statuses(world)).toEqual([active, active, active]);
    for (let epoch = 0; epoch < 6; epoch++) world.finishEpoch();
    expect([...world.state.miners].map(({ cusumMilli, collateralUnits }) => [cusumMilli, collateralUnits])).toEqual(
      Array.from({ length: 3 }, () => [0, 1000n]),
    );
    expect(world.events.some(({ type }) => type === 'minerEjected')).toBe(false);
  });

  it('one flaw, by whomever it is bought', () => {
    const world = village();
    for (const session of [0, 1, 0]) for (const miner of [0, 1]) fail(world, miner, malformed('text'), session);
    expect(world.finishEpoch().events).toContainEqual(expect.objectContaining({ shared: 'flaw', failing: 2 }));
    expect(statuses(world)).toEqual([active, active, active]);
  });

  it('not several payers’ with several flaws: who fails for all is held', () => {
    const world = village();
    for (const session of [0, 1, 0])
      for (const miner of [0, 1]) fail(world, miner, malformed(session === 0 ? 'text' : 'tokensBeyondEnd'), session);
    expect(world.finishEpoch().events.some(({ type }) => type === 'penaltiesFrozen')).toBe(false);
    expect(statuses(world)).toEqual([held, held, active]);
  });

  it('many miners of one model, whatever else they have in common', () => {
    const world = village({ breakerMinFailing: 2 });
    for (const miner of [0, 1]) {
      for (const session of [0, 1, 0]) fail(world, miner, hardFailure, session);
      world.finishEpoch();
    }
    expect(world.events).toContainEqual(expect.objectContaining({ shared: 'model', model: 0, failing: 2 }));
    expect(statuses(world)).toEqual([active, active, active]);
  });

  it('one miner’s alone is held, and no clock ejects it for one payer', () => {
    const world = village({ foundationReview: false, appealEpochs: 1 });
    for (let i = 0; i < 3; i++) fail(world, 0);
    world.finishEpoch();
    expect(statuses(world)).toEqual([held, active, active]);
    expect(ejectionOf(world).status).toBe('review');
    for (let epoch = 0; epoch < 2; epoch++) world.finishEpoch();
    expect(statuses(world)).toEqual([active, active, active]);
    // The fines for the failures themselves were due.
    expect(world.state.globals.burnedUnits).toBeGreaterThan(0n);
  });
});
