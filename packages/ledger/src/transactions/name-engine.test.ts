import type { ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { noEngine } from '../state/roles.ts';
import { validatorTerms } from '../testing/roles.fixture.ts';
import { type Sender, World } from '../testing/world.fixture.ts';

const engine = new Uint8Array(32).fill(9);

/** A world in which the payer owns validator 4, owner runs it, and minerA has its key. */
function ownedWorld(): World {
  const world = new World();
  const terms = { name: 'minerA' as Sender, operator: world.address('owner') };
  world.block(world.tx('payer', 'registerValidator', validatorTerms(world, terms)));
  return world;
}

describe('nameEngine §3.12', () => {
  it.each<[ResultCode, Sender]>([
    ['OK', 'payer'],
    ['OK', 'owner'],
    ['OK', 'minerA'],
    ['NOT_OWNER', 'minerB'],
  ])('%s from %s: by its owner, who runs it, or its key', (code, sender) => {
    const world = ownedWorld();
    expect(world.state.validators.at(4).engine).toEqual(noEngine);
    expect(world.send(sender, 'nameEngine', { validator: 4, engine })).toBe(code);
    if (code === 'OK') expect(world.events.at(-1)).toEqual({ type: 'engineNamed', validator: 4, engine });
    expect(world.state.validators.at(4).engine).toEqual(code === 'OK' ? engine : noEngine);
  });

  it('is refused of nobody, and of who is gone', () => {
    const world = ownedWorld();
    expect(world.send('payer', 'nameEngine', { validator: 5, engine })).toBe('UNKNOWN_ROLE');
    expect(world.send('payer', 'setRoleStatus', { kind: 'validator', role: 4, status: 'deregistered' })).toBe('OK');
    expect(world.send('payer', 'nameEngine', { validator: 4, engine })).toBe('ROLE_GONE');
  });
});
