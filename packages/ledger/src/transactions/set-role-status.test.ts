import type { ResultCode, RoleStatus } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { votingWeights } from '../governance/voting.ts';
import { keyOf } from '../state/state.ts';
import { auditAll } from '../testing/audits.fixture.ts';
import { caseWorld, answer as failedAnswer } from '../testing/cases.fixture.ts';
import { proposeModel } from '../testing/models.fixture.ts';
import { roleTerms, statusTx } from '../testing/roles.fixture.ts';
import { honest, type Sender, World } from '../testing/world.fixture.ts';

const miner = (status: RoleStatus) => ({ kind: 'miner' as const, role: 0, status });

function finishEpochs(world: World, count: number): void {
  for (let i = 0; i < count; i++) world.finishEpoch();
}

describe('setRoleStatus §3.3, §3.4', () => {
  it.each<[ResultCode, Sender, Parameters<typeof miner>[0]]>([
    ['OK', 'owner', 'paused'],
    ['OK', 'minerA', 'paused'],
    ['OK', 'owner', 'deregistered'],
    ['NOT_OWNER', 'minerA', 'deregistered'],
    ['NOT_OWNER', 'payer', 'paused'],
    ['BAD_STATUS', 'owner', 'active'],
    ['BAD_STATUS', 'owner', 'ejected'],
  ])('%s when %s says it is %s', (code, sender, status) => {
    const world = new World().populate();
    expect(world.send(sender, 'setRoleStatus', miner(status))).toBe(code);
  });

  it('knows what is no role, and what is gone for ever', () => {
    const world = new World().populate();
    expect(world.send('owner', 'setRoleStatus', { ...miner('paused'), role: 1 })).toBe('UNKNOWN_ROLE');
    expect(world.send('owner', 'setRoleStatus', { ...miner('paused'), kind: 'delegation' })).toBe('UNKNOWN_ROLE');
    expect(world.send('owner', 'setRoleStatus', miner('deregistered'))).toBe('OK');
    expect(world.send('owner', 'setRoleStatus', miner('active'))).toBe('ROLE_GONE');
    expect(world.send('owner', 'bond', { kind: 'miner', role: 0, amountUnits: 1n })).toBe('ROLE_GONE');
    expect(world.send('owner', 'unbond', { kind: 'miner', role: 0, amountUnits: 1n })).toBe('ROLE_GONE');
  });

  it('keeps the last active mixer and validator', () => {
    const world = new World({ mixers: 2, validators: 2 });
    for (const kind of ['mixer', 'validator'] as const) {
      expect(world.codeOf(statusTx(world, `${kind}0`, 'paused'))).toBe('OK');
      expect(world.codeOf(statusTx(world, `${kind}1`, 'deregistered'))).toBe('LAST_OF_KIND');
      expect(world.codeOf(statusTx(world, `${kind}0`, 'deregistered'))).toBe('OK');
    }
  });

  it('takes a paused miner out of the draws with the next epoch, and back again', () => {
    const world = new World().populate();
    const { weight } = world.state.miners.standing(0);
    world.send('minerA', 'setRoleStatus', miner('paused'));
    expect(world.state.miners.standing(0).weight).toBe(weight);
    world.finishEpoch();
    expect(world.state.miners.standing(0).weight).toBe(0n);
    world.send('minerA', 'setRoleStatus', miner('active'));
    expect(world.state.miners.standing(0).weight).toBe(0n);
    world.finishEpoch();
    expect(world.state.miners.standing(0).weight).toBe(weight);
  });

  it('draws no validator while it is paused: neither for audits nor for panels nor for power', () => {
    const world = new World({ validators: 2 }).populate();
    expect(world.codeOf(statusTx(world, 'validator0', 'paused'))).toBe('OK');
    const receipt = world.receipt();
    world.certify(receipt);
    expect(world.auditorsOf(receipt.taskId)).toEqual([1]);
    expect(proposeModel(world).panel).toEqual([1]);
    const set = world.finishEpoch().events.find((event) => event.type === 'powersSet');
    expect(set?.powers.map(({ targetPpb }) => targetPpb)).toEqual([0, 1_000_000_000]);
    expect(world.state.validators.at(0).strikes).toBe(0);
  });

  it('asks for what was drawn before the pause: a strike is not dodged', () => {
    const world = new World().populate();
    const receipt = world.receipt();
    world.certify(receipt);
    const [auditor = 9] = world.auditorsOf(receipt.taskId);
    expect(world.codeOf(statusTx(world, `validator${auditor}`, 'paused'))).toBe('OK');
    for (let i = 0; i < world.state.params.audit.commitBlocks; i++) world.block();
    expect(world.state.validators.at(auditor).strikes).toBe(1);
  });

  it('takes receipts of a gateway that left for draws before only (§7.6)', () => {
    const world = new World().populate();
    const before = world.receipt();
    expect(world.codeOf(statusTx(world, 'gateway0', 'paused'))).toBe('OK');
    const at = world.state.gateways.at(0).statusHeight;
    expect(world.codeOf(world.batchTx({ receipts: [before] }))).toBe('OK');
    const code = (drawHeight: number) => world.codeOf(world.batchTx({ receipts: [world.receipt({ drawHeight })] }));
    expect(code(at - 1)).toBe('OK');
    expect(code(at)).toBe('RECEIPT_UNKNOWN_ROLE');
    expect(world.codeOf(statusTx(world, 'gateway0', 'active'))).toBe('OK');
    expect(code(world.height)).toBe('OK');
  });

  it('pays for the duties already done whoever has paused since (economics §3.2)', () => {
    const world = new World().populate();
    const transitions = [world.transition(world.receipt(), { oracle: 1 })];
    world.block(world.batchTx({ records: { transitions } }));
    world.codeOf(statusTx(world, 'mixer3', 'paused'));
    world.codeOf(statusTx(world, 'oracle1', 'paused'));
    const paid = world.finishEpoch().events.find((event) => event.type === 'epochClosed')?.close.pools;
    const rolesOf = (kind: string) =>
      paid?.find((pool) => pool.stack === 'security' && pool.kind === kind)?.shares.map(({ role }) => role);
    expect(rolesOf('mixer')).toEqual([0, 1, 2, 3]);
    expect(rolesOf('oracle')).toEqual([1]);
  });
});

describe('the stake of a deregistered role §3.4', () => {
  it('goes to its account after two epochs and the life of a receipt', () => {
    const world = new World().populate();
    world.block(world.tx('payer', 'registerRole', roleTerms(world, 'oracle')));
    const body = { kind: 'oracle' as const, role: 2, status: 'deregistered' as const };
    expect(world.send('payer', 'setRoleStatus', body)).toBe('OK');
    const { statusHeight } = world.state.oracles.at(2);
    const before = world.balance('payer');
    finishEpochs(world, 2);
    expect(world.state.oracles.at(2).stakeUnits).toBe(1000n);
    const { events } = world.finishEpoch();
    expect(world.height).toBeGreaterThanOrEqual(statusHeight + 2 * 16 + 8);
    expect(world.balance('payer')).toBe(before + 1000n);
    expect(world.state.oracles.at(2).stakeUnits).toBe(0n);
    const account = world.address('payer');
    expect(events).toContainEqual({ type: 'unbonded', account, kind: 'oracle', role: 2, units: 1000n });
    expect(world.finishEpoch().events.filter(({ type }) => type === 'unbonded')).toEqual([]);
  });

  it('stays while a task of the miner is open', () => {
    const world = new World({ audit: { newMinerTasks: 100, commitBlocks: 80 } }).populate();
    const receipt = world.receipt();
    world.certify(receipt);
    world.send('owner', 'setRoleStatus', miner('deregistered'));
    finishEpochs(world, 4);
    expect(world.state.miners.at(0).collateralUnits).toBe(1000n);
    auditAll(world, receipt.taskId, honest);
    finishEpochs(world, 1);
    expect(world.state.miners.at(0).collateralUnits).toBe(0n);
  });

  it('stays while a case against it is undecided, and pays its fine', () => {
    const world = caseWorld({ automaticDecision: false });
    failedAnswer(world);
    const { fineUnits } = world.state.cases.at(0);
    world.send('owner', 'setRoleStatus', miner('deregistered'));
    finishEpochs(world, 3);
    expect(world.state.miners.at(0).collateralUnits).toBe(1000n - fineUnits);
    // The case is dismissed with its third epoch: what it held goes back, and then all of it to the owner.
    const before = world.balance('owner');
    finishEpochs(world, 2);
    expect(world.balance('owner')).toBe(before + 1000n);
    expect(world.state.miners.at(0).collateralUnits).toBe(0n);
  });

  it('does not vote any more (§12.3), and its operator may register again', () => {
    const world = new World().populate();
    expect(votingWeights(world.state).get(keyOf(world.address('owner')))).toBe(1000n);
    world.send('owner', 'setRoleStatus', miner('deregistered'));
    expect(votingWeights(world.state).get(keyOf(world.address('owner')))).toBeUndefined();
    expect(world.send('minerA', 'registerMiner', world.registration())).toBe('OK');
    expect(world.state.minerOf(world.address('minerA'))).toBe(1);
    expect(world.state.miners.at(0).status).toBe('deregistered');
  });
});
