import { type AuditNumbers, auditorStates, stakeKinds, taskStatuses, verdicts } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { approvedTask, auditAll, plantTx } from './audits.fixture.ts';
import { conservation } from './conservation.ts';
import { mayPlant, plantStage } from './plants.ts';
import { checked, honest, World } from './world.fixture.ts';

/** What an auditor measures of wrong numbers beside right tokens. */
const distant = checked(140_000_000);
const garbage: AuditNumbers = { ...distant, choiceMismatches: distant.positions };

/** A task of miner 0, drawn for audit. */
function audited(validators = 6) {
  const world = new World({ validators, params: { epochBlocks: 128 } }).populate();
  const receipt = world.receipt();
  world.certify(receipt);
  const { taskId } = receipt;
  const index = world.state.auditOf(taskId) ?? -1;
  const slots = () => world.state.audits.at(index).auditors;
  const drawn = () => slots().flatMap(({ state, validator }) => (state === auditorStates.drawn ? [validator] : []));
  const hear = (...said: readonly AuditNumbers[]) =>
    world.audit(taskId, new Map(drawn().map((validator, i) => [validator, said[i] ?? honest])));
  const open = () => world.codeOf(plantTx(world, taskId));
  const task = () => world.state.tasks.at(world.state.taskOf(taskId) ?? -1);
  const audit = () => world.state.audits.at(index);
  const miner = () => world.state.miners.at(0);
  const accused = () =>
    [...world.state.cases].flatMap((each) => (each.kind === stakeKinds.validator ? [each.role] : []));
  return { world, taskId, receipt, drawn, hear, open, task, audit, miner, slots, accused };
}

describe('a planted answer that auditors find §10.25', () => {
  it('passes by its choices, is paid, and leaves no failure', () => {
    const { hear, open, drawn, task, audit, miner, world, taskId, accused } = audited();
    expect(plantStage(world.state, taskId)).toBeNull();
    hear(distant, distant);
    expect(plantStage(world.state, taskId)).toBe('found');
    expect(open()).toBe('OK');
    while (drawn().length > 0) hear(distant, distant, distant);
    expect(audit()).toMatchObject({ verdict: verdicts.pass, isPlanted: true });
    expect(task().status).toBe(taskStatuses.approved);
    expect(miner()).toMatchObject({ rejected: 0, epochFailed: 0, hardFailures: 0, cusumMilli: 0 });
    expect(accused()).toEqual([]);
  });

  it('costs who passes it a strike and a case', () => {
    const { hear, open, drawn, slots, accused, world } = audited();
    hear(distant, honest);
    expect(open()).toBe('OK');
    while (drawn().length > 0) hear(distant, distant, distant);
    const liars = slots().flatMap(({ numbers, validator }) => (numbers.t1Ppb === honest.t1Ppb ? [validator] : []));
    expect(liars).toHaveLength(1);
    expect(accused()).toEqual(liars);
    expect(world.state.validators.at(liars[0] ?? -1)).toMatchObject({ strikes: 1, epochDuties: 0 });
  });

  it('is a failure like any other where its tokens are not those of the model', () => {
    const { world, hear, open, drawn, task, miner } = audited();
    hear(garbage, garbage);
    expect(open()).toBe('OK');
    while (drawn().length > 0) hear(garbage, garbage, garbage);
    expect(task().status).toBe(taskStatuses.rejected);
    expect(miner()).toMatchObject({ rejected: 1, hardFailures: 1 });
    expect(conservation(world.state)).toBeNull();
  });

  it('is a failure where nobody opens it', () => {
    const { world, taskId, task, miner } = audited();
    auditAll(world, taskId, distant);
    expect(plantStage(world.state, taskId)).toBeNull();
    expect(task().status).toBe(taskStatuses.rejected);
    expect(miner()).toMatchObject({ rejected: 1, hardFailures: 1 });
  });
});

describe('a planted answer that auditors pass §10.25', () => {
  it('is looked at by three others, who cost the first a strike and a case; the task stays paid', () => {
    const { world, taskId, hear, open, drawn, slots, task, audit, miner, accused } = audited();
    hear(honest, honest);
    const [passed, record] = [slots().map(({ validator }) => validator), miner()];
    expect([audit().verdict, plantStage(world.state, taskId)]).toEqual([verdicts.pass, 'passed']);
    expect(open()).toBe('OK');
    const fresh = drawn();
    expect(fresh).toHaveLength(3);
    expect(fresh.filter((each) => passed.includes(each))).toEqual([]);
    hear(distant, distant, distant);
    expect(world.events).toContainEqual({ type: 'taskReaudited', taskId, verdict: 'pass' });
    expect(task().status).toBe(taskStatuses.approved);
    expect(miner()).toEqual({ ...record, plantFrom: 1 });
    expect(accused()).toEqual(passed);
    // The first were paid for their duty already, and the others are once.
    expect(fresh.map((each) => world.state.validators.at(each).epochDuties)).toEqual([1, 1, 1]);
    expect(passed.map((each) => world.state.validators.at(each).epochDuties)).toEqual(passed.map(() => 1));
    expect(conservation(world.state)).toBeNull();
  });

  it.each<[string, AuditNumbers[]]>([
    ['the numbers were right', [honest, honest, honest]],
    ['two of three say so', [distant, honest, distant]],
    ['each invents another distance', [checked(60_000_000), checked(90_000_000), checked(150_000_000)]],
  ])('is no offence where %s', (_what, said) => {
    const { hear, open, slots, accused } = audited();
    hear(honest, honest);
    const passed = slots().map(({ validator }) => validator);
    expect(open()).toBe('OK');
    hear(...said);
    expect(accused().filter((each) => passed.includes(each))).toEqual([]);
  });

  it('shows a failure of the miner when its tokens prove wrong', () => {
    const { world, hear, open, drawn, miner, task, receipt } = audited();
    hear(honest);
    const { escrowUnits } = world.state.sessions.at(0);
    expect(open()).toBe('OK');
    while (drawn().length > 0) hear(garbage, garbage, garbage);
    if (task().status === taskStatuses.rejected) {
      expect(world.state.sessions.at(0).escrowUnits).toBe(escrowUnits + receipt.priceUnits);
      expect(miner()).toMatchObject({ rejected: 1, hardFailures: 1 });
    } else expect(world.events).toContainEqual(expect.objectContaining({ type: 'taskReaudited', verdict: 'hung' }));
    expect(conservation(world.state)).toBeNull();
  });

  it('is opened once in an epoch, by its own miner, once for a task', () => {
    const { world, taskId, hear, open, drawn } = audited();
    hear(honest, honest);
    world.send('minerB', 'registerMiner', world.registration());
    expect(world.codeOf(plantTx(world, taskId, 'miner1'))).toBe('NOT_PLANTED');
    expect(open()).toBe('OK');
    expect(open()).toBe('PLANT_TOO_SOON');
    hear(distant, distant, distant);
    expect(drawn()).toEqual([]);
    expect(plantStage(world.state, taskId)).toBeNull();
    world.finishEpoch();
    expect(world.codeOf(plantTx(world, approvedTask(world)))).toBe('OK');
  });
});

describe('who may plant §14.13', () => {
  it('is a miner not all of whose answers are audited, where three others can judge it', () => {
    for (const validators of [6, 2]) {
      const world = new World({ validators, params: { epochBlocks: 64 } }).populate();
      expect(mayPlant(world.state, 0)).toBe(false);
      for (let i = 0; i < 4; i++) approvedTask(world);
      expect(world.codeOf(plantTx(world, approvedTask(world)))).toBe('OK');
      const { epoch } = world.state.globals;
      expect(world.state.miners.at(0).plantFrom).toBe(epoch + 1);
      expect(mayPlant(world.state, 0)).toBe(false);
      world.finishEpoch();
      expect(mayPlant(world.state, 0)).toBe(validators === 6);
    }
  });
});
