import { limits, type TaskKind } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { drawTable, eligibleMiners } from '../draw/draw.ts';
import { domainTerms } from '../testing/domains.fixture.ts';
import { modelTerms } from '../testing/models.fixture.ts';
import { World } from '../testing/world.fixture.ts';

/** Domain 0 takes only admitted miners. */
const closedWorld = () =>
  new World({
    edit: (genesis) => ({
      ...genesis,
      domains: genesis.domains.map((domain) => ({ ...domain, admission: 'listed' })),
    }),
  });
const admit = (world: World, name: 'minerA' | `stranger${number}`, isAdmitted = true) => ({
  domain: 0,
  operator: world.address(name),
  isAdmitted,
});

describe('admitMiner §4.10', () => {
  it('lets one operator register, once', () => {
    const world = closedWorld();
    expect(world.send('minerA', 'registerMiner', world.registration())).toBe('NOT_ADMITTED');
    expect(world.send('landlord', 'admitMiner', admit(world, 'minerA'))).toBe('OK');
    const event = { type: 'minerAdmitted', ...admit(world, 'minerA') };
    expect(world.events).toEqual([event]);
    expect(world.send('minerB', 'registerMiner', world.registration())).toBe('NOT_ADMITTED');
    expect(world.send('minerA', 'registerMiner', world.registration())).toBe('OK');
    expect(world.state.domains.at(0).admitted).toEqual([]);
  });

  it('can be taken back, and is kept once', () => {
    const world = closedWorld();
    for (let i = 0; i < 2; i++) world.send('landlord', 'admitMiner', admit(world, 'minerA'));
    expect(world.state.domains.at(0).admitted).toEqual([world.address('minerA')]);
    expect(world.send('landlord', 'admitMiner', admit(world, 'minerA', false))).toBe('OK');
    expect(world.send('minerA', 'registerMiner', world.registration())).toBe('NOT_ADMITTED');
  });

  it('is the owner’s alone, of a domain that is there, and has an end', () => {
    const world = closedWorld();
    expect(world.send('payer', 'admitMiner', { ...admit(world, 'minerA'), domain: 1 })).toBe('UNKNOWN_DOMAIN');
    expect(world.send('payer', 'admitMiner', admit(world, 'minerA'))).toBe('NOT_OWNER');
    const many = Array.from({ length: limits.maxAdmitted }, (_, i) => `stranger${i}` as const);
    world.block(...many.map((name) => world.tx('landlord', 'admitMiner', admit(world, name))));
    expect(world.send('landlord', 'admitMiner', admit(world, 'minerA'))).toBe('TOO_MANY_ADMITTED');
    expect(world.send('landlord', 'admitMiner', admit(world, 'stranger0'))).toBe('OK');
    expect(world.send('landlord', 'admitMiner', admit(world, 'minerA', false))).toBe('OK');
  });
});

describe('a domain’s least level §6.1', () => {
  it('keeps users’ tasks from miners below it, in that domain only', () => {
    const world = new World();
    const terms = domainTerms(world.genesis, { userLevel: 1 });
    world.send('landlord', 'createDomain', { name: 'law', terms });
    world.send('creator', 'registerModel', modelTerms({ domain: 1 }));
    world.block(
      world.tx('minerA', 'registerMiner', world.registration({ domain: 0 })),
      world.tx('minerB', 'registerMiner', world.registration({ domain: 1, models: [2] })),
    );
    const table = drawTable(world.state);
    const drawn = (domain: number, model: number, kind: TaskKind) => {
      const place = { payer: world.address('payer'), dedicatedMiners: [], drawHeight: 100 };
      const draw = { ...place, taskId: new Uint8Array(32), maxTokensIn: 64, maxTokensOut: 64 };
      return eligibleMiners(table, { ...draw, domain, model, kind }).map(({ miner }) => miner);
    };
    expect([drawn(0, 0, 'user'), drawn(1, 2, 'user'), drawn(1, 2, 'background')]).toEqual([[0], [], [1]]);
  });
});
