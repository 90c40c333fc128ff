import type { AuditNumbers, Genesis } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { conservation } from '../block/conservation.ts';
import { Ledger } from '../block/ledger.ts';
import { approvedTask, auditAll, plantTx } from '../testing/audits.fixture.ts';
import { disputed, measurersOf } from '../testing/challenges.fixture.ts';
import { checked, honest, unchecked, World } from '../testing/world.fixture.ts';
import { mayPlant, plantStage } from './plants.ts';

/** What an auditor measures of wrong numbers beside right tokens. */
const distant = checked(140_000_000);
const garbage: AuditNumbers = { ...distant, choiceMismatches: distant.positions };

const challenges = { lambdaMilli: 20_000, alpha: 9, bandwidthCap: 1n };

/** A task of miner 0, drawn for audit. */
function audited(validators = 6, stakes: readonly bigint[] = []) {
  const edit = (genesis: Genesis) => ({
    ...genesis,
    validators: genesis.validators.map((row, i) => ({ ...row, stakeUnits: stakes[i] ?? row.stakeUnits })),
  });
  const world = new World({ validators, params: { epochBlocks: 256, challenges }, edit }).populate();
  const receipt = world.receipt();
  world.certify(receipt);
  const { taskId } = receipt;
  const index = world.state.auditOf(taskId) ?? -1;
  const slots = () => world.state.audits.at(index).auditors;
  const drawn = () => slots().flatMap(({ state, validator }) => (state === 'drawn' ? [validator] : []));
  const hear = (...said: readonly AuditNumbers[]) =>
    world.audit(taskId, new Map(drawn().map((validator, i) => [validator, said[i] ?? honest])));
  const open = () => world.codeOf(plantTx(world, taskId));
  /** Lets the blocks pass in which an audit stands still. */
  const wait = () => {
    while (audit().verdict === 'open' && drawn().length === 0) world.block(world.batchTx());
  };
  const task = () => world.state.tasks.at(world.state.taskOf(taskId) ?? -1);
  const audit = () => world.state.audits.at(index);
  const miner = () => world.state.miners.at(0);
  const accused = () => [...world.state.cases].flatMap((each) => (each.kind === 'validator' ? [each.role] : []));
  return { world, taskId, receipt, drawn, hear, open, wait, task, audit, miner, slots, accused };
}

describe('a planted answer that auditors find §10.25', () => {
  it('passes by its choices, is paid, and leaves no failure', () => {
    const { hear, open, drawn, task, audit, miner, world, taskId, accused } = audited();
    expect(plantStage(world.state, taskId)).toBeNull();
    hear(distant, distant);
    expect([plantStage(world.state, taskId), open()]).toEqual([null, 'PLANT_NOT_DUE']);
    hear(distant);
    expect(drawn()).toEqual([]);
    expect(plantStage(world.state, taskId)).toBe('found');
    expect(open()).toBe('OK');
    expect(audit()).toMatchObject({ verdict: 'pass', isPlanted: true });
    expect(task().status).toBe('approved');
    expect(miner()).toMatchObject({ rejected: 0, epochFailed: 0, hardFailures: 0, cusumMilli: 0 });
    expect(accused()).toEqual([]);
  });

  it('costs who passes it a strike and a case', () => {
    const { hear, open, drawn, slots, accused, world } = audited();
    hear(distant, honest);
    while (drawn().length > 0) hear(distant, distant, distant);
    expect(open()).toBe('OK');
    const liars = slots().flatMap(({ numbers, validator }) => (numbers.t1Ppb === honest.t1Ppb ? [validator] : []));
    expect(liars).toHaveLength(1);
    expect(accused()).toEqual(liars);
    expect(world.state.validators.at(liars[0] ?? -1)).toMatchObject({ strikes: 1, epochDuties: 0 });
  });

  it('is a failure like any other where its tokens are not those of the model', () => {
    const { world, hear, open, drawn, task, miner } = audited();
    hear(distant, garbage);
    hear(garbage);
    expect(open()).toBe('OK');
    while (drawn().length > 0) hear(garbage, garbage, garbage);
    expect(task().status).toBe('rejected');
    expect(miner()).toMatchObject({ rejected: 1, hardFailures: 1 });
    expect(conservation(world.state)).toBeNull();
  });

  it('waits for its miner’s word, however many find it, and is a failure where that does not come', () => {
    const { world, taskId, hear, wait, drawn, task, audit, miner } = audited();
    while (drawn().length > 0) hear(distant, distant, distant);
    expect([audit().verdict, task().status]).toEqual(['open', 'auditing']);
    expect(audit().waitUntil).toBe(world.height + world.state.params.audit.commitBlocks);
    const copy = Ledger.fromSnapshot(world.ledger.snapshot());
    wait();
    expect(world.height).toBe(audit().waitUntil);
    expect(plantStage(world.state, taskId)).toBeNull();
    expect(task().status).toBe('rejected');
    expect(miner()).toMatchObject({ rejected: 1, hardFailures: 1 });
    expect(copy.state.openAudits.size).toBe(1);
  });

  it('is none in that time, as a verdict of all', () => {
    const { hear, open, drawn, audit, miner, accused } = audited();
    while (drawn().length > 0) hear(distant, distant, distant);
    expect(open()).toBe('OK');
    expect(audit()).toMatchObject({ verdict: 'pass', isPlanted: true, waitUntil: 0 });
    expect(miner()).toMatchObject({ rejected: 0, hardFailures: 0 });
    expect(accused()).toEqual([]);
  });

  it('is found by nobody whom two friends contradict (§10.27)', () => {
    const { hear, open, drawn, audit, accused } = audited();
    hear(distant, unchecked('noResult'));
    while (drawn().length > 0) hear(honest, honest);
    expect(audit().verdict).toBe('open');
    expect(open()).toBe('OK');
    expect(accused()).toEqual([]);
  });

  it('is no failure in a second audit, by whatever challenge a mixer has that (§8.8)', () => {
    const { world, taskId, hear, open, drawn, miner, audit } = audited();
    while (drawn().length > 0) hear(distant, distant, distant);
    expect(open()).toBe('OK');
    world.send('minerB', 'registerMiner', world.registration());
    world.block(world.batchTx());
    const challenge = disputed({ knownTaskId: taskId });
    const mixer = measurersOf(world, 1, { disputed: [challenge] })[0] ?? 0;
    const report = world.report(mixer, { miner: 1, disputed: [challenge] });
    expect(world.codeOf(world.batchTx({ mixer, records: { reports: [report] } }))).toBe('OK');
    for (let i = 0; i < world.state.params.audit.drawDelayBlocks; i++) world.block(world.batchTx({ mixer }));
    auditAll(world, challenge.taskId, honest);
    world.block(world.batchTx());
    auditAll(world, taskId, distant);
    expect(world.events).toContainEqual({ type: 'taskReaudited', taskId, verdict: 'pass' });
    expect(audit().verdict).toBe('pass');
    expect(miner()).toMatchObject({ rejected: 0, hardFailures: 0 });
  });
});

describe('a planted answer that auditors pass §10.26', () => {
  it('is looked at by three others, who cost the first a strike and a case; the task stays paid', () => {
    const { world, taskId, hear, open, wait, drawn, slots, task, audit, miner, accused } = audited();
    hear(honest, honest);
    const [passed, record] = [slots().map(({ validator }) => validator), miner()];
    expect([audit().verdict, plantStage(world.state, taskId)]).toEqual(['pass', 'passed']);
    expect(open()).toBe('OK');
    expect(drawn()).toEqual([]);
    wait();
    const fresh = drawn();
    expect(fresh).toHaveLength(3);
    expect(fresh.filter((each) => passed.includes(each))).toEqual([]);
    hear(distant, distant, distant);
    expect(world.events).toContainEqual({ type: 'taskReaudited', taskId, verdict: 'pass' });
    expect(task().status).toBe('approved');
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
  ])('is no offence where %s (§10.27)', (_what, said) => {
    const { hear, open, wait, slots, accused } = audited();
    hear(honest, honest);
    const passed = slots().map(({ validator }) => validator);
    expect(open()).toBe('OK');
    wait();
    hear(...said);
    expect(accused().filter((each) => passed.includes(each))).toEqual([]);
  });

  it('shows nothing of who passed it where friends with no power say so', () => {
    const { world, hear, open, wait, drawn, accused } = audited(5, [0n, 1000n, 1000n, 0n, 0n]);
    expect(drawn().toSorted()).toEqual([1, 2]);
    hear(honest, honest);
    expect(open()).toBe('OK');
    wait();
    expect(drawn().toSorted()).toEqual([0, 3, 4]);
    hear(distant, distant, distant);
    expect(accused()).toEqual([]);
    expect(conservation(world.state)).toBeNull();
  });

  it('shows a failure of the miner when its tokens prove wrong, and whose passes were false', () => {
    const { world, hear, open, wait, drawn, slots, miner, task, receipt, accused } = audited();
    hear(honest, honest);
    const passed = slots().map(({ validator }) => validator);
    const { escrowUnits } = world.state.sessions.at(0);
    expect(open()).toBe('OK');
    wait();
    while (drawn().length > 0) hear(garbage, garbage, garbage);
    expect(task().status).toBe('rejected');
    expect(world.state.sessions.at(0).escrowUnits).toBe(escrowUnits + receipt.priceUnits);
    expect(miner()).toMatchObject({ rejected: 1, hardFailures: 1 });
    expect(accused()).toEqual(passed);
    expect(conservation(world.state)).toBeNull();
  });

  it('is opened once in an epoch, by its own miner, once for a task', () => {
    const { world, taskId, hear, open, wait } = audited();
    hear(honest, honest);
    world.send('minerB', 'registerMiner', world.registration());
    expect(world.codeOf(plantTx(world, taskId, 'miner1'))).toBe('NOT_PLANTED');
    expect(open()).toBe('OK');
    expect(open()).toBe('PLANT_NOT_DUE');
    expect(world.codeOf(plantTx(world, approvedTask(world)))).toBe('PLANT_TOO_SOON');
    wait();
    hear(distant, distant, distant);
    expect(plantStage(world.state, taskId)).toBeNull();
    world.finishEpoch();
    // Not every answer is audited by now.
    const code = () => world.codeOf(plantTx(world, approvedTask(world)));
    let next = code();
    while (next === 'PLANT_NOT_DUE') next = code();
    expect(next).toBe('OK');
  });
});

describe('a planted answer and validators that do not look §10.25.1', () => {
  it.each([
    [3, 1],
    [4, 1],
    [6, 1],
    [3, 2],
    [4, 2],
    [6, 2],
  ])('of %i validators %i: its miner loses nothing by waiting, and no honest one is accused', (validators, lazy) => {
    const world = new World({ validators, params: { epochBlocks: 256 } }).populate();
    const strikes = Array.from({ length: validators }, () => 0);
    for (let round = 0; round < 6; round++) {
      const receipt = world.receipt();
      world.certify(receipt);
      const { taskId } = receipt;
      const audit = () => world.state.audits.at(world.state.auditOf(taskId) ?? -1);
      const slots = () => audit().auditors;
      for (;;) {
        const drawn = slots().flatMap(({ state, validator }) => (state === 'drawn' ? [validator] : []));
        if (drawn.length > 0) world.audit(taskId, new Map(drawn.map((each) => [each, each < lazy ? honest : distant])));
        else if (plantStage(world.state, taskId) !== 'found') break;
        else expect(world.codeOf(plantTx(world, taskId))).toBe('OK');
      }
      const passed = slots().filter(({ validator }) => validator < lazy);
      const found = slots().length - passed.length;
      const isSeen = found >= (validators === 3 ? 2 : 3) && found > passed.length;
      for (const { validator } of isSeen ? passed : []) strikes[validator] = (strikes[validator] ?? 0) + 1;
      expect([...world.state.validators].map((each) => each.strikes)).toEqual(strikes);
      expect(world.state.tasks.at(world.state.taskOf(taskId) ?? -1).status).toBe('approved');
    }
    expect(world.state.miners.at(0)).toMatchObject({ rejected: 0, epochFailed: 0, hardFailures: 0, cusumMilli: 0 });
    expect([...world.state.cases].some(({ kind, role }) => kind === 'validator' && role < lazy)).toBe(
      lazy === 1 || validators === 6,
    );
  });

  it('is none, either, where one invents a flaw beside those who measure', () => {
    const { hear, open, drawn, audit, miner } = audited();
    hear(distant, unchecked('malformed'));
    hear(distant);
    expect(audit().verdict).toBe('open');
    expect(open()).toBe('OK');
    while (drawn().length > 0) hear(distant, distant);
    expect(audit().verdict).toBe('pass');
    expect(miner()).toMatchObject({ rejected: 0, hardFailures: 0 });
  });
});

describe('who may plant §14.13', () => {
  it('is a miner from its first task on, where three others can judge it', () => {
    for (const validators of [6, 3, 2]) {
      const world = new World({ validators, params: { epochBlocks: 64 } }).populate();
      expect(mayPlant(world.state, 0)).toBe(validators >= 3);
    }
  });
});
