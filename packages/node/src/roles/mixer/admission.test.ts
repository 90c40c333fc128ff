import { World, type WorldOptions } from '@assay/ledger/fixture';
import { type BodyValues, taskKinds } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { admit } from './admission.ts';

/** A world whose session 1 has these terms. */
function worldWith(terms: Partial<BodyValues['openSession']>, params: WorldOptions['params'] = {}): World {
  const world = new World({
    edit: (genesis) => {
      const foundation = genesis.domains.map(({ owner }) => owner);
      const cases = { ...genesis.params.cases, foundation };
      return { ...genesis, params: { ...genesis.params, cases, ...params } };
    },
  }).populate();
  const code = world.send('landlord', 'openSession', world.session(terms));
  if (code !== 'OK') throw new Error(code);
  return world;
}

const ask = (world: World, session: number, isBusy = false, validUntilMs = 1) => {
  const request = { session, gateway: 0, requestHash: new Uint8Array(32), maxTokensIn: 10, maxTokensOut: 20 };
  return admit(world.state, { ...request, validUntilMs }, { reservedUnits: 0n, nowMs: 0, isBusy });
};

describe('admission of a task', () => {
  it('knows what it can cost at most', () => {
    const world = worldWith({ redundancy: 1 });
    expect(ask(world, 1)).toMatchObject({ maxUnits: 100n, terms: { kind: taskKinds.user } });
  });

  it('takes no request that would hold for more than ten minutes: it would be remembered as long (§5.22)', () => {
    const world = worldWith({ redundancy: 1 });
    expect(ask(world, 1, false, 600_000).maxUnits).toBe(100n);
    expect(() => ask(world, 1, false, 600_001)).toThrow('10 minutes at most');
  });

  it('says that it does not run a session’s tasks on several miners', () => {
    const world = worldWith({ redundancy: 3 });
    expect(() => ask(world, 1)).toThrow('asks for 3 miners a task, and this mixer runs one');
  });

  it('lets the network’s own tasks wait for users, and for an epoch with room (D6, D7)', () => {
    const terms = { isBackground: true, depositUnits: 0n };
    const world = worldWith(terms, { background: { maxTokensPerEpoch: 30 } });
    expect(ask(world, 1)).toMatchObject({ maxUnits: 0n, terms: { kind: taskKinds.background } });
    expect(() => ask(world, 1, true)).toThrow("Users' tasks go before");
    expect(ask(world, 0, true).maxUnits).toBe(100n);
    const full = worldWith(terms, { background: { maxTokensPerEpoch: 29 } });
    expect(() => ask(full, 1)).toThrow('takes 29 more tokens');
  });
});
