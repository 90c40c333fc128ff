import { addressText, type Flaw } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { conservation } from '../block/conservation.ts';
import { answer, caseWorld, members } from '../testing/cases.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { FEE, honest, softFailure, unchecked, type World } from '../testing/world.fixture.ts';
import { proposedFine } from './cases.ts';

const collateral = (world: World) => world.state.miners.at(0).collateralUnits;
const statusOf = (world: World, index = 0) => world.state.cases.at(index).status;
const validators = (world: World) => [0, 1, 2, 3].map((i) => world.balance(`validator${i}`));
const sum = (units: readonly bigint[]) => units.reduce((all, each) => all + each, 0n);

describe('proposedFine, economics §6.3', () => {
  it('is 1.5 · 0.6 · price / (0.02 · 0.95), rounded down', () => {
    const params = { ...worldParams, cases: { ...worldParams.cases, gainPpb: 600_000_000 } };
    expect(proposedFine(100n, params)).toBe(4736n);
    expect(proposedFine(1n, params)).toBe(47n);
    expect(proposedFine(0n, params)).toBe(0n);
    expect(proposedFine((1n << 64n) - 1n, params)).toBe((1n << 64n) - 1n);
  });
});

describe('a confirmed failure', () => {
  it('opens a case, holds the fine out of the collateral and takes nothing yet (economics §6.3)', () => {
    const world = caseWorld();
    const { burnedUnits } = world.state.globals;
    const taskId = answer(world);
    expect(world.events.at(-1)).toEqual({
      type: 'caseOpened',
      case: 0,
      cause: 'hardFailure',
      kind: 'miner',
      role: 0,
      subject: taskId,
      priceUnits: 100n,
      proposedUnits: 4736n,
      stakeUnits: 1000n,
      leavingUnits: 0n,
      takenUnits: 0n,
      heldUnits: 100n,
    });
    expect(collateral(world)).toBe(900n);
    expect(world.state.cases.at(0)).toMatchObject({ status: 'review', heldUnits: 100n, deadlineEpoch: 3 });
    expect(world.state.cases.at(0).finders.length).toBe(3);
    expect(world.state.globals.burnedUnits).toBe(burnedUnits);
  });

  it('keeps what it holds the miner’s stake in the competition until it is decided (economics §4.3)', () => {
    const world = caseWorld();
    const stakeScored = () => {
      answer(world, honest);
      const closed = world.finishEpoch().events.find((event) => event.type === 'epochClosed');
      return closed?.close.scores[0]?.raw.stake;
    };
    answer(world);
    expect(collateral(world)).toBe(900n);
    expect(stakeScored()).toBe(1000n);
    for (const member of members.slice(0, 2)) world.send(member, 'decideCase', { case: 0, isFine: true });
    expect(statusOf(world)).toBe('executed');
    expect(stakeScored()).toBe(900n);
  });

  it('counts when it is soft, and not without a result or when it passes', () => {
    const world = caseWorld();
    answer(world, honest);
    answer(world, unchecked('noResult'));
    expect(world.state.cases.length).toBe(0);
    answer(world, softFailure);
    expect(world.state.cases.length).toBe(1);
  });

  it('takes at most a tenth of what is left each time, and three tenths a day (economics §6.4)', () => {
    const world = caseWorld();
    for (let i = 0; i < 5; i++) answer(world);
    // A hard failure is on record even when nothing is left to hold.
    expect(Array.from(world.state.cases, ({ heldUnits }) => heldUnits)).toEqual([100n, 90n, 81n, 29n, 0n]);
    expect(collateral(world)).toBe(700n);
  });

  it('may take more on another day', () => {
    const world = caseWorld();
    for (let i = 0; i < 5; i++) answer(world);
    const { height, timeMs } = world.state.globals;
    const nextDay = { height: height + 1, timeMs: timeMs + 86_400_000, transactions: [] };
    world.ledger.applyBlock(nextDay, world.keys.verifier);
    answer(world);
    expect(world.state.cases.at(5).heldUnits).toBe(70n);
  });

  it('opens nothing when a fine would be zero', () => {
    const world = caseWorld({ gainPpb: 0 });
    answer(world);
    expect(world.state.cases.length).toBe(0);
  });
});

describe('decideCase §10.6', () => {
  const opinion = (world: World, member: (typeof members)[number], isFine: boolean) =>
    world.send(member, 'decideCase', { case: 0, isFine });

  it('takes the fine when enough members agree: a fifth to the finders, the rest burned', () => {
    const world = caseWorld();
    answer(world);
    const paid = validators(world);
    expect(opinion(world, 'stranger1', true)).toBe('OK');
    expect(statusOf(world)).toBe('review');
    expect(opinion(world, 'stranger2', true)).toBe('OK');
    const executed = { type: 'caseExecuted', case: 0, by: 'foundation', fineUnits: 100n, burnedUnits: 80n };
    expect(world.events.at(-1)).toMatchObject(executed);
    const earned = validators(world).map((units, i) => units - (paid[i] ?? 0n));
    // 20 base units among three finders: 7, 7 and 6.
    expect(earned.filter((units) => units > 0n).toSorted()).toEqual([6n, 7n, 7n]);
    expect(world.state.globals.burnedUnits).toBe(80n);
    expect(collateral(world)).toBe(900n);
    expect(opinion(world, 'stranger3', true)).toBe('CASE_NOT_OPEN');
  });

  it('gives back what was held when too few can still agree', () => {
    const world = caseWorld();
    answer(world);
    opinion(world, 'stranger1', false);
    opinion(world, 'stranger2', true);
    expect(statusOf(world)).toBe('review');
    opinion(world, 'stranger3', false);
    expect(world.events.at(-1)).toEqual({
      type: 'caseDismissed',
      case: 0,
      by: 'foundation',
      returnedUnits: 100n,
    });
    expect(collateral(world)).toBe(1000n);
  });

  it('is for members, once each, on a case there is', () => {
    const world = caseWorld();
    answer(world);
    expect(world.send('payer', 'decideCase', { case: 0, isFine: true })).toBe('NOT_FOUNDATION');
    expect(world.send('stranger1', 'decideCase', { case: 1, isFine: true })).toBe('UNKNOWN_CASE');
    opinion(world, 'stranger1', true);
    expect(opinion(world, 'stranger1', true)).toBe('ALREADY_DECIDED');
    expect(opinion(world, 'stranger1', false)).toBe('ALREADY_DECIDED');
    expect(statusOf(world)).toBe('review');
  });
});

describe('silence of the foundation §10.6.1', () => {
  const pass = (world: World, epochs: number) => {
    for (let epoch = 0; epoch < epochs; epoch++) world.finishEpoch();
  };
  const bondOf = (world: World, index = 0) => world.state.cases.at(index).bondUnits;
  const executed = { type: 'caseExecuted', case: 0, by: 'time', fineUnits: 100n };
  const dismissed = { type: 'caseDismissed', case: 0, by: 'time', returnedUnits: 100n };

  it('makes the fine due: a cheat that waits for it gets nothing back', () => {
    const world = caseWorld();
    answer(world);
    world.send('stranger1', 'decideCase', { case: 0, isFine: false });
    pass(world, 3);
    expect(statusOf(world)).toBe('review');
    expect(world.send('owner', 'appealCase', { case: 0 })).toBe('CASE_NOT_OPEN');
    expect(world.finishEpoch().events).toContainEqual({ type: 'caseDue', case: 0, deadlineEpoch: 7 });
    expect(world.state.cases.at(0)).toMatchObject({ status: 'pending', heldUnits: 100n, deadlineEpoch: 7 });
    pass(world, 3);
    expect(collateral(world)).toBe(900n);
    expect(world.finishEpoch().events).toContainEqual(expect.objectContaining({ ...executed, burnedUnits: 80n }));
    expect(collateral(world)).toBe(900n);
  });

  it('leaves the accused an appeal, which the foundation decides with what was said before', () => {
    const world = caseWorld();
    answer(world);
    world.send('stranger1', 'decideCase', { case: 0, isFine: false });
    pass(world, 4);
    const before = world.balance('owner');
    expect(world.send('owner', 'appealCase', { case: 0 })).toBe('OK');
    expect(world.send('stranger1', 'decideCase', { case: 0, isFine: false })).toBe('ALREADY_DECIDED');
    world.send('stranger2', 'decideCase', { case: 0, isFine: false });
    expect(statusOf(world)).toBe('dismissed');
    expect([world.balance('owner'), collateral(world)]).toEqual([before - FEE, 1000n]);
  });

  it('on an appeal, too, leaves the verdict, gives the bond back and rewards nobody (§10.7.1)', () => {
    const world = caseWorld();
    answer(world);
    pass(world, 4);
    world.send('owner', 'appealCase', { case: 0 });
    // A vote takes three epochs, and whom it names has three.
    expect(world.state.cases.at(0)).toMatchObject({ status: 'review', deadlineEpoch: 10, bondUnits: 70n });
    pass(world, 6);
    const [paid, before] = [validators(world), world.balance('owner')];
    expect(statusOf(world)).toBe('review');
    const { events } = world.finishEpoch();
    expect(events).toContainEqual({ ...executed, rewards: [], burnedUnits: 100n });
    expect([bondOf(world), world.balance('owner') - before]).toEqual([0n, 70n]);
    expect(validators(world).every((units, i) => units >= (paid[i] ?? 0n))).toBe(true);
    expect(conservation(world.state)).toBeNull();
  });

  it('may be ended by a vote that begins with the appeal, before it takes anything (§10.7.1)', () => {
    const world = caseWorld({ foundation: [] }, { governance: { ...worldParams.governance, quorumPpb: 0 } });
    answer(world);
    pass(world, 4);
    world.send('owner', 'appealCase', { case: 0 });
    const value = JSON.stringify(members.slice(0, 2).map((name) => addressText(world.address(name))));
    const change = { kind: 'parameterChange' as const, value: { path: 'cases.foundation', value } };
    expect(world.send('payer', 'propose', { action: change })).toBe('OK');
    expect(world.send('owner', 'vote', { proposal: 0, choice: 'yes' })).toBe('OK');
    pass(world, 4);
    expect(statusOf(world)).toBe('review');
    // One of two against it: two for it cannot be reached.
    expect(world.send('stranger1', 'decideCase', { case: 0, isFine: false })).toBe('OK');
    expect([statusOf(world), collateral(world)]).toEqual(['dismissed', 1000n]);
  });

  it('dismisses where people alone decide, with an appeal or without', () => {
    const manual = { automaticDecision: false };
    const world = caseWorld(manual);
    answer(world);
    world.send('stranger1', 'decideCase', { case: 0, isFine: true });
    pass(world, 3);
    expect(world.finishEpoch().events).toContainEqual(dismissed);
    expect(collateral(world)).toBe(1000n);
    const appealed = caseWorld({ ...manual, foundationReview: false });
    answer(appealed);
    const before = appealed.balance('owner');
    appealed.send('owner', 'appealCase', { case: 0 });
    pass(appealed, 7);
    expect(statusOf(appealed)).toBe('dismissed');
    expect([appealed.balance('owner'), collateral(appealed)]).toEqual([before - FEE, 1000n]);
  });

  it('never takes what one member asks for, nor an ejection that one payer accuses of (§10.6.2)', () => {
    const world = caseWorld();
    const asked = { kind: 'miner' as const, role: 0, amountUnits: 60n, reasonHash: new Uint8Array(32) };
    expect(world.send('stranger1', 'openCase', asked)).toBe('OK');
    for (let i = 0; i < 3; i++) answer(world);
    pass(world, 5);
    const fates = Array.from(world.state.cases, ({ cause, status }) => `${cause} ${status}`);
    const due = ['hardFailure', 'hardFailure', 'hardFailure', 'forfeit'].map((cause) => `${cause} pending`);
    expect(fates.toSorted()).toEqual(['byHand dismissed', 'ejection dismissed', ...due].toSorted());
    pass(world, 4);
    expect(world.events.some(({ type }) => type === 'minerEjected')).toBe(false);
    expect(world.state.miners.at(0).status).toBe('active');
  });
});

describe('appealCase §10.7', () => {
  const phaseTwo = { foundationReview: false };

  it('is the only way round a fine that is due', () => {
    const world = caseWorld(phaseTwo);
    answer(world);
    expect(world.send('stranger1', 'decideCase', { case: 0, isFine: false })).toBe('CASE_NOT_OPEN');
    for (let epoch = 0; epoch < 4; epoch++) world.finishEpoch();
    expect(statusOf(world)).toBe('pending');
    const executed = { type: 'caseExecuted', case: 0, by: 'time', fineUnits: 100n, burnedUnits: 80n };
    expect(world.finishEpoch().events).toContainEqual(expect.objectContaining(executed));
  });

  it('gives the bond back when the foundation dismisses the case', () => {
    const world = caseWorld(phaseTwo);
    answer(world);
    const before = world.balance('owner');
    expect(world.send('owner', 'appealCase', { case: 0 })).toBe('OK');
    expect(world.balance('owner')).toBe(before - FEE - 70n);
    expect(world.send('owner', 'appealCase', { case: 0 })).toBe('CASE_NOT_OPEN');
    for (const member of members.slice(0, 2)) world.send(member, 'decideCase', { case: 0, isFine: false });
    expect(statusOf(world)).toBe('dismissed');
    expect(world.balance('owner')).toBe(before - 2n * FEE);
  });

  it('burns the bond when the foundation agrees with the fine', () => {
    const world = caseWorld(phaseTwo);
    answer(world);
    world.send('owner', 'appealCase', { case: 0 });
    for (const member of members.slice(0, 2)) world.send(member, 'decideCase', { case: 0, isFine: true });
    const executed = { type: 'caseExecuted', case: 0, by: 'foundation', fineUnits: 100n, burnedUnits: 150n };
    expect(world.events.at(-1)).toMatchObject(executed);
    expect(world.state.globals.burnedUnits).toBe(150n);
  });

  it('is for the owner of the stake, with a bond', () => {
    const world = caseWorld({ ...phaseTwo, appealBondUnits: 1_000_000n });
    answer(world);
    expect(world.send('owner', 'appealCase', { case: 0 })).toBe('INSUFFICIENT_BALANCE');
    const other = caseWorld(phaseTwo);
    answer(other);
    expect(other.send('minerA', 'appealCase', { case: 0 })).toBe('NOT_OWNER');
    expect(other.send('owner', 'appealCase', { case: 1 })).toBe('UNKNOWN_CASE');
  });
});

describe('pruning §2.5', () => {
  it('forgets what was decided keepEpochs ago and counts in no day, and keeps its number', () => {
    const rewards = { ...worldParams.rewards, dayMs: 1000 };
    const world = caseWorld({}, { rewards });
    const first = answer(world, softFailure);
    answer(world, softFailure);
    for (const member of members.slice(0, 2)) world.send(member, 'decideCase', { case: 0, isFine: true });
    world.finishEpoch();
    world.finishEpoch();
    expect(world.state.cases.at(0).subject).toEqual(first);
    world.finishEpoch();
    expect(Array.from(world.state.cases, ({ id }) => id)).toEqual([1]);
    expect(world.send('stranger3', 'decideCase', { case: 0, isFine: true })).toBe('UNKNOWN_CASE');
    expect(world.send('stranger3', 'decideCase', { case: 1, isFine: true })).toBe('OK');
    answer(world, softFailure);
    expect(world.state.cases.at(1).id).toBe(2);
  });

  it('keeps a case while it counts in its day', () => {
    const world = caseWorld();
    answer(world, softFailure);
    for (const member of members.slice(0, 2)) world.send(member, 'decideCase', { case: 0, isFine: true });
    for (let epoch = 0; epoch < 5; epoch++) world.finishEpoch();
    expect(world.state.cases.length).toBe(1);
  });
});

describe('breaker §10.8', () => {
  /** Miners 0 to 2, the first two of which fail. */
  function failingWorld(breakerMinFailing: number): World {
    const world = caseWorld({ foundationReview: false, breakerMinFailing });
    for (const miner of ['minerB', 'minerC'] as const) world.send(miner, 'registerMiner', world.registration());
    world.block();
    for (const miner of [0, 1]) answer(world, softFailure, miner);
    return world;
  }

  it('freezes the penalties of a model most of whose miners fail in one epoch', () => {
    const world = failingWorld(2);
    const frozen = { type: 'penaltiesFrozen', shared: 'model', model: 0, failing: 2, miners: 3, cases: [0, 1] };
    expect(world.finishEpoch().events).toContainEqual(frozen);
    expect(world.state.cases.at(1)).toMatchObject({ status: 'review', isFrozen: true });
    const held = sum(Array.from(world.state.miners, ({ collateralUnits }) => collateralUnits));
    for (let epoch = 0; epoch < 5; epoch++) world.finishEpoch();
    expect(statusOf(world, 1)).toBe('dismissed');
    expect(sum(Array.from(world.state.miners, ({ collateralUnits }) => collateralUnits))).toBe(held + 200n);
  });

  it('does not trip for fewer failing miners than it takes', () => {
    const world = failingWorld(3);
    expect(world.finishEpoch().events.some(({ type }) => type === 'penaltiesFrozen')).toBe(false);
    expect(statusOf(world)).toBe('pending');
  });

  it('trips for two that fail by one flaw, and not for two flaws (§10.15)', () => {
    const flawsOf = (...flaws: readonly Flaw[]) => {
      const world = caseWorld({ foundationReview: false });
      world.send('minerB', 'registerMiner', world.registration());
      world.block();
      for (const [miner, flaw] of flaws.entries()) answer(world, { ...unchecked('malformed'), flaw }, miner);
      return world.finishEpoch().events.filter((event) => event.type === 'penaltiesFrozen');
    };
    const frozen = { type: 'penaltiesFrozen', shared: 'flaw', model: 0, failing: 2, miners: 2, cases: [0, 1] };
    expect(flawsOf('text', 'text')).toEqual([frozen]);
    expect(flawsOf('text', 'tokensBeyondEnd')).toEqual([]);
    expect(flawsOf('text')).toEqual([]);
  });

  it('does not trip when few of many fail', () => {
    const world = caseWorld({ foundationReview: false, breakerMinFailing: 1, breakerPpb: 500_000_000 });
    world.send('minerB', 'registerMiner', world.registration());
    answer(world);
    // One of two is exactly half, not more.
    expect(world.finishEpoch().events.some(({ type }) => type === 'penaltiesFrozen')).toBe(false);
  });
});
