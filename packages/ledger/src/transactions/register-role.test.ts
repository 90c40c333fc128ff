import type { BodyValues, ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { roleTerms } from '../testing/roles.fixture.ts';
import { FEE, honest, World } from '../testing/world.fixture.ts';

type RoleChange = Partial<BodyValues['registerRole']>;
type NamedRole = Parameters<typeof roleTerms>[1];

describe('registerRole §3.1', () => {
  it.each<[NamedRole, number]>([
    ['oracle', 2],
    ['validator', 4],
    ['gateway', 1],
  ])('takes a %s with its stake, owned by the sender and run by whom it says', (kind, role) => {
    const world = new World();
    expect(world.send('payer', 'registerRole', roleTerms(world, kind))).toBe('OK');
    expect(world.balance('payer')).toBe(1_000_000n - FEE - 1000n);
    const row = world.state[`${kind}s`].at(role);
    expect(row).toMatchObject({ account: world.address('payer'), operator: world.address('stranger9') });
    expect(row).toMatchObject({ stakeUnits: 1000n, status: 'active', statusHeight: 1, epochDuties: 0 });
    expect(world.events).toEqual([{ type: 'roleRegistered', kind, role, account: world.address('payer') }]);
    expect(world.state.powers.length).toBe(world.state.validators.length);
  });

  it.each<[ResultCode, NamedRole, RoleChange]>([
    ['INSUFFICIENT_BALANCE', 'oracle', { stakeUnits: 1_000_000n }],
    ['UNKNOWN_ROLE', 'oracle', { kind: 'miner' }],
    ['UNKNOWN_ROLE', 'oracle', { kind: 'mixer' }],
    ['UNKNOWN_ROLE', 'oracle', { kind: 'delegation' }],
    ['UNKNOWN_ROLE', 'oracle', { kind: 'backing' }],
    ['STAKE_TOO_LOW', 'validator', { stakeUnits: 399n }],
    ['STAKE_TOO_LOW', 'gateway', { stakeUnits: 49n }],
    ['OK', 'gateway', { stakeUnits: 50n }],
  ])('%s for a %s with %o', (code, kind, change) => {
    const world = new World();
    expect(world.send('payer', 'registerRole', roleTerms(world, kind, change))).toBe(code);
  });

  it('takes a key once in each kind', () => {
    const world = new World();
    const { publicKey } = world.key('validator0');
    expect(world.send('payer', 'registerRole', roleTerms(world, 'validator', { publicKey }))).toBe('KEY_TAKEN');
    expect(world.send('payer', 'registerRole', roleTerms(world, 'oracle', { publicKey }))).toBe('OK');
    expect(world.send('payer', 'registerRole', roleTerms(world, 'oracle', { publicKey }))).toBe('KEY_TAKEN');
  });

  it('gives a new validator duties at once, signed with its own key, and power later (economics §8)', () => {
    const world = new World({ validators: 1 }).populate();
    world.block(world.tx('payer', 'registerRole', roleTerms(world, 'validator', { stakeUnits: 500n })));
    expect([...world.state.powers].map((row) => row.powerPpb)).toEqual([1_000_000_000, 0]);
    const receipt = world.receipt();
    world.certify(receipt);
    const pairs = [
      world.auditPair(1, receipt.taskId, honest, { key: 'stranger9', account: 'payer' }),
      world.auditPair(0, receipt.taskId, honest),
    ];
    const codes = (...transactions: Uint8Array[]) => world.block(...transactions).transactions.map(({ code }) => code);
    expect(codes(...pairs.map((pair) => pair.commit()))).toEqual(['OK', 'OK']);
    expect(codes(...pairs.map((pair) => pair.reveal()))).toEqual(['OK', 'OK']);
    world.finishEpoch();
    const set = world.events.find((event) => event.type === 'powersSet');
    expect(set?.powers[1]).toMatchObject({ stakeUnits: 500n, fromPpb: 0, powerPpb: 333_333_333 });
  });
});
