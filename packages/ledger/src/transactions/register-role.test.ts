import type { BodyValues, ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { roleTerms } from '../testing/roles.fixture.ts';
import { FEE, World } from '../testing/world.fixture.ts';

type RoleChange = Partial<BodyValues['registerRole']>;
type NamedRole = Parameters<typeof roleTerms>[1];

describe('registerRole §3.1', () => {
  it.each<[NamedRole, number]>([
    ['oracle', 2],
    ['gateway', 1],
  ])('takes a %s with its stake, owned by the sender and run by whom it says', (kind, role) => {
    const world = new World();
    expect(world.send('payer', 'registerRole', roleTerms(world, kind))).toBe('OK');
    expect(world.balance('payer')).toBe(1_000_000n - FEE - 1000n);
    const row = world.state[`${kind}s`].at(role);
    expect(row).toMatchObject({ account: world.address('payer'), operator: world.address('stranger9') });
    expect(row).toMatchObject({ stakeUnits: 1000n, status: 'active', statusHeight: 1, epochDuties: 0 });
    expect(world.events).toEqual([{ type: 'roleRegistered', kind, role, account: world.address('payer') }]);
  });

  it.each<[ResultCode, NamedRole, RoleChange]>([
    ['INSUFFICIENT_BALANCE', 'oracle', { stakeUnits: 1_000_000n }],
    ['UNKNOWN_ROLE', 'oracle', { kind: 'miner' }],
    ['UNKNOWN_ROLE', 'oracle', { kind: 'mixer' }],
    ['UNKNOWN_ROLE', 'oracle', { kind: 'validator' }],
    ['UNKNOWN_ROLE', 'oracle', { kind: 'delegation' }],
    ['UNKNOWN_ROLE', 'oracle', { kind: 'backing' }],
    ['STAKE_TOO_LOW', 'gateway', { stakeUnits: 49n }],
    ['OK', 'gateway', { stakeUnits: 50n }],
  ])('%s for a %s with %o', (code, kind, change) => {
    const world = new World();
    expect(world.send('payer', 'registerRole', roleTerms(world, kind, change))).toBe(code);
  });

  it('takes a key once in each kind', () => {
    const world = new World();
    const { publicKey } = world.key('gateway0');
    expect(world.send('payer', 'registerRole', roleTerms(world, 'gateway', { publicKey }))).toBe('KEY_TAKEN');
    expect(world.send('payer', 'registerRole', roleTerms(world, 'oracle', { publicKey }))).toBe('OK');
    expect(world.send('payer', 'registerRole', roleTerms(world, 'oracle', { publicKey }))).toBe('KEY_TAKEN');
  });
});
