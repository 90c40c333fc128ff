import type { AuditNumbers } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { conservation } from '../block/conservation.ts';
import { auditAll, auditInTurn } from '../testing/audits.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { hardFailure, honest, softFailure, unchecked, World, type WorldOptions } from '../testing/world.fixture.ts';

const noResult = unchecked('noResult');
const noArtifact = unchecked('noArtifact');

/** Its auditors say these things, in the order in which they are drawn; gives who they were. */
function heard(said: readonly AuditNumbers[], options: WorldOptions = {}) {
  const world = new World({ validators: 6, ...options }).populate();
  return { world, ...auditInTurn(world, said) };
}

const dutiesOf = (world: World, validators: readonly number[]) =>
  validators.map((validator) => world.state.validators.at(validator).epochDuties);

describe('a judge that is contradicted §10.21', () => {
  it('gets a strike and a case when it passes what two others find hard, and no duty', () => {
    const cases = { ...worldParams.cases, automaticDecision: false };
    const said = [hardFailure, honest, hardFailure, hardFailure, hardFailure];
    const { world, taskId, auditors } = heard(said, { params: { cases } });
    const [, liar = 9] = auditors;
    const others = auditors.filter((each) => each !== liar);
    expect(world.state.validators.at(liar)).toMatchObject({ strikes: 1, epochDuties: 0 });
    expect(world.state.powers.at(liar).epochWork).toBe(0n);
    expect(dutiesOf(world, others)).toEqual(others.map(() => 1));
    const row = [...world.state.cases].find(({ kind }) => kind === 'validator');
    expect(row).toMatchObject({ role: liar, subject: taskId, finders: [], status: 'review' });
    // Half of the stake of 500 is proposed, and an incident takes no more than the cap.
    expect(row?.fineUnits).toBeGreaterThan(0n);
    expect(world.state.validators.at(liar).stakeUnits).toBe(500n - (row?.fineUnits ?? 0n));
    expect(world.events).toContainEqual(expect.objectContaining({ type: 'caseOpened', cause: 'falseVerdict' }));
    expect(conservation(world.state)).toBeNull();
    // Dismissed, the stake comes back.
    for (let epoch = 0; epoch <= world.state.params.cases.reviewEpochs; epoch++) world.finishEpoch();
    expect(world.state.validators.at(liar).stakeUnits).toBe(500n);
  });

  it('gets both when it finds hard what two others pass', () => {
    const { world, auditors } = heard([hardFailure, honest]);
    const [liar = 9] = auditors;
    expect(auditors).toHaveLength(4);
    expect(world.state.validators.at(liar)).toMatchObject({ strikes: 1, epochDuties: 0 });
    expect([...world.state.cases].map(({ kind, role }) => [kind, role])).toEqual([['validator', liar]]);
  });

  it.each<[string, AuditNumbers[]]>([
    ['a difference at the threshold', [softFailure, honest, softFailure, softFailure, softFailure]],
    ['one soft voice against passes', [softFailure, honest, honest, honest]],
    ['one hard voice beside soft ones', [hardFailure, honest, softFailure, softFailure, softFailure]],
    ['three against three', [hardFailure, honest, hardFailure, honest, hardFailure, honest]],
  ])('is no offence: %s', (_what, said) => {
    const { world, auditors } = heard(said);
    expect(auditors.map((each) => world.state.validators.at(each).strikes)).toEqual(auditors.map(() => 0));
    expect([...world.state.cases].filter(({ kind }) => kind === 'validator')).toEqual([]);
    expect(dutiesOf(world, auditors)).toEqual(auditors.map(() => 1));
  });

  it('is no offence, and no check to be paid for: an artifact that some were not given', () => {
    const { world, auditors } = heard([noArtifact, honest, honest]);
    expect(auditors.map((each) => world.state.validators.at(each).strikes)).toEqual([0, 0, 0]);
    expect(dutiesOf(world, auditors)).toEqual([0, 1, 1]);
  });
});

describe('what counts as a duty §10.22', () => {
  it('is a no-result for each audit that the validator could check, and none before', () => {
    const world = new World({ validators: 1, params: { epochBlocks: 64 } }).populate();
    const duties = () => world.state.validators.at(0).epochDuties;
    const work = () => world.state.powers.at(0).epochWork;
    auditInTurn(world, [noResult]);
    expect([duties(), work()]).toEqual([0, 0n]);
    auditInTurn(world, [honest]);
    expect([duties(), work()]).toEqual([1, 70n]);
    auditInTurn(world, [noResult]);
    expect([duties(), work()]).toEqual([2, 70n]);
  });

  it('is bounded by what was checked in the epoch', () => {
    const world = new World({ validators: 1, params: { epochBlocks: 64 } }).populate();
    const duties = () => world.state.validators.at(0).epochDuties;
    auditInTurn(world, [honest]);
    for (let i = 0; i < 3; i++) auditInTurn(world, [noResult]);
    expect(duties()).toBe(2);
    world.finishEpoch();
    auditInTurn(world, [noResult]);
    expect(duties()).toBe(0);
  });

  it('is what a verdict does not contradict, whatever was found', () => {
    for (const numbers of [honest, softFailure, hardFailure]) {
      const world = new World({ validators: 6 }).populate();
      const receipt = world.receipt();
      world.certify(receipt);
      auditAll(world, receipt.taskId, numbers);
      const auditors = world.auditorsOf(receipt.taskId);
      expect(dutiesOf(world, auditors)).toEqual(auditors.map(() => 1));
    }
  });
});
