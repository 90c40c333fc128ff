import type { CaseRow, LedgerEvent } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conservation } from '../block/conservation.ts';
import { answer, caseWorld, members } from '../testing/cases.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { hardFailure, softFailure, type World } from '../testing/world.fixture.ts';

/** What somebody does; `none` says nothing until the epoch is over. */
const deed = fc.oneof(
  fc.record({ kind: fc.constant('fails' as const), isHard: fc.boolean(), miner: fc.nat(1) }),
  fc.record({ kind: fc.constant('asks' as const), miner: fc.nat(1) }),
  fc.record({ kind: fc.constant('decides' as const), member: fc.nat(2), back: fc.nat(4), isFine: fc.boolean() }),
  fc.record({ kind: fc.constant('appeals' as const), back: fc.nat(4) }),
  fc.record({ kind: fc.constant('none' as const) }),
);
type Deed = typeof deed extends fc.Arbitrary<infer Value> ? Value : never;

function act(world: World, each: Deed): void {
  const chosen = (status: CaseRow['status'], back: number) =>
    [...world.state.cases].flatMap((row) => (row.status === status ? [row.id] : [])).at(-1 - back) ?? back;
  if (each.kind === 'fails') answer(world, each.isHard ? hardFailure : softFailure, each.miner);
  if (each.kind === 'asks') {
    const asked = { kind: 'miner' as const, role: each.miner, amountUnits: 9n, reasonHash: new Uint8Array(32) };
    world.send('stranger1', 'openCase', asked);
  }
  if (each.kind === 'decides') {
    const member = members[each.member] ?? 'stranger1';
    world.send(member, 'decideCase', { case: chosen('review', each.back), isFine: each.isFine });
  }
  if (each.kind === 'appeals') world.send('owner', 'appealCase', { case: chosen('pending', each.back) });
  if (each.kind === 'none') world.finishEpoch();
}

/** Each case as it was when it was last seen undecided. */
type Open = Map<number, CaseRow>;

function watch(world: World, open: Open, events: readonly LedgerEvent[], isAutomatic: boolean): void {
  for (const event of events) {
    if (event.type !== 'caseExecuted' && event.type !== 'caseDismissed') continue;
    const was = open.get(event.case);
    if (was === undefined || event.by === 'foundation') continue;
    const isDoubted = was.isFrozen || was.cause === 'byHand';
    // §10.6.2 Silence never takes what is in doubt; elsewhere the owner had its appeal.
    if (event.type === 'caseExecuted')
      expect([isDoubted, was.status === 'pending' || was.bondUnits > 0n]).toEqual([false, true]);
    else expect(isAutomatic && !isDoubted && was.cause !== 'ejection').toBe(false);
  }
  for (const row of world.state.cases) {
    const isOpen = row.status === 'review' || row.status === 'pending';
    const was = open.get(row.id);
    if (isOpen && was !== undefined && row.cause !== 'forfeit') {
      expect(row.heldUnits + row.unbondingUnits).toBe(was.fineUnits);
    }
    if (isOpen) open.set(row.id, { ...row });
    else open.delete(row.id);
  }
}

/** Plays one deed and holds what came of it against what was. */
function step(world: World, each: Deed, open: Open, isAutomatic: boolean): void {
  const [seen, had] = [world.events.length, world.balance('owner')];
  act(world, each);
  const events = world.events.slice(seen);
  expect(conservation(world.state)).toBeNull();
  // An innocent that a member acquits has its bond again, with the very block.
  if (each.kind === 'decides' && !events.some(({ type }) => type === 'epochClosed')) {
    const bonds = events.flatMap((event) =>
      event.type === 'caseDismissed' ? [open.get(event.case)?.bondUnits ?? 0n] : [],
    );
    const hasForfeit = events.some(
      (event) => event.type === 'caseDismissed' && open.get(event.case)?.cause === 'forfeit',
    );
    if (!hasForfeit) expect(world.balance('owner') - had).toBe(bonds.reduce((sum, units) => sum + units, 0n));
  }
  watch(world, open, events, isAutomatic);
}

describe('silence, opinions and appeals in any order (§10.6, §10.7)', () => {
  it('keep what is held until the case ends, bring each to an end, and lose no money', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(
        fc.array(deed, { minLength: 10, maxLength: 30 }),
        fc.boolean(),
        fc.boolean(),
        (deeds, isAutomatic, isPhaseOne) => {
          const terms = {
            breakerMinFailing: 2,
            reviewEpochs: 1,
            appealEpochs: 1,
            appealBondUnits: 7n,
            automaticDecision: isAutomatic,
          };
          const governance = { ...worldParams.governance, votingEpochs: 1, delayEpochs: 0 };
          const world = caseWorld({ ...terms, foundationReview: isPhaseOne }, { governance, epochBlocks: 24 });
          world.send('minerB', 'registerMiner', world.registration());
          const open: Open = new Map();
          for (const each of deeds) step(world, each, open, isAutomatic);
          // One review, an appeal's time, an appeal with its vote: nothing is open for longer.
          for (let epoch = 0; epoch < 8; epoch++) step(world, { kind: 'none' }, open, isAutomatic);
          expect(open.size).toBe(0);
          for (const { type } of world.events) reached.add(type);
        },
      ),
      { numRuns: 30 },
    );
    for (const type of ['caseDue', 'caseAppealed', 'caseExecuted', 'caseDismissed', 'caseOpinion', 'penaltiesFrozen'])
      expect(reached, type).toContain(type);
  }, 120_000);
});
