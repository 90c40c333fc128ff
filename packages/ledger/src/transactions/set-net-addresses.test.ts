import { type BodyValues, limits, type ResultCode, SetNetAddresses, type StakeKind } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../block/ledger.ts';
import { mixerTerms, roleTerms, validatorTerms } from '../testing/roles.fixture.ts';
import { type Sender, World } from '../testing/world.fixture.ts';

/** A world in which the payer owns mixer 4, validator 4, gateway 1, oracle 2; owner runs them, minerA has the key. */
function ownedWorld(): World {
  const world = new World();
  const terms = { name: 'minerA' as Sender, operator: world.address('owner') };
  world.block(
    world.tx('payer', 'registerMixer', mixerTerms(world, terms)),
    world.tx('payer', 'registerValidator', validatorTerms(world, terms)),
    world.tx('payer', 'registerRole', roleTerms(world, 'gateway', terms)),
    world.tx('payer', 'registerRole', roleTerms(world, 'oracle', terms)),
  );
  return world;
}

const role = { mixer: 4, validator: 4, gateway: 1 } as const;
type Reached = keyof typeof role;
const kinds = Object.keys(role) as Reached[];
const set = (world: World, sender: Sender, kind: StakeKind, body: Partial<BodyValues['setNetAddresses']>) =>
  world.send(sender, 'setNetAddresses', { kind, role: role[kind as Reached] ?? 2, netAddresses: [], ...body });
const of = (world: World, kind: Reached) => world.state[`${kind}s`].at(role[kind]).netAddresses;

describe('setNetAddresses §3.11', () => {
  it.each(kinds)('says at once where a %s is reached, in the place of what was said before', (kind) => {
    const world = ownedWorld();
    expect(of(world, kind)).toEqual([]);
    const first = ['/ip4/192.0.2.1/tcp/4001', '/dns4/a.example/tcp/4001/tls/ws'];
    expect(set(world, 'owner', kind, { netAddresses: first })).toBe('OK');
    expect(of(world, kind)).toEqual(first);
    expect(world.events.at(-1)).toEqual({ type: 'netAddressesSet', kind, role: role[kind], netAddresses: first });
    const longest = Array.from({ length: limits.maxNetAddresses }, (_, i) => `${i}`.repeat(limits.maxNetAddressBytes));
    expect(set(world, 'owner', kind, { netAddresses: longest })).toBe('OK');
    world.ledger = Ledger.fromSnapshot(world.ledger.snapshot());
    expect(of(world, kind)).toEqual(longest);
    expect(set(world, 'owner', kind, {})).toBe('OK');
    expect(of(world, kind)).toEqual([]);
  });

  it.each<[ResultCode, Sender]>([
    ['OK', 'payer'],
    ['OK', 'owner'],
    ['OK', 'minerA'],
    ['NOT_OWNER', 'minerB'],
  ])('%s from %s: by its owner, who runs it, or its key', (code, sender) => {
    const world = ownedWorld();
    for (const kind of kinds) expect(set(world, sender, kind, { netAddresses: ['a'] })).toBe(code);
  });

  it.each<[ResultCode, string]>([
    ['OK', '!~'],
    ['BAD_NET_ADDRESS', ''],
    ['BAD_NET_ADDRESS', '/ip4/192.0.2.1 /tcp/1'],
    ['BAD_NET_ADDRESS', '/dns4/ä.example/tcp/1'],
    ['BAD_NET_ADDRESS', 'a\nb'],
    ['BAD_NET_ADDRESS', 'a\u007f'],
  ])('%s for %o', (code, address) => {
    expect(set(ownedWorld(), 'owner', 'mixer', { netAddresses: ['/ip4/192.0.2.1/tcp/1', address] })).toBe(code);
  });

  it('has room for four of 128 bytes', () => {
    const body = { kind: 'mixer' as const, role: 0 };
    const tooMany = Array.from({ length: limits.maxNetAddresses + 1 }, () => 'a');
    const tooLong = ['a'.repeat(limits.maxNetAddressBytes + 1)];
    for (const netAddresses of [tooMany, tooLong]) {
      expect(() => SetNetAddresses.deserialize(SetNetAddresses.serialize({ ...body, netAddresses }))).toThrow();
    }
  });

  it.each<[StakeKind, number]>([
    ['oracle', 2],
    ['miner', 0],
    ['delegation', 0],
    ['mixer', 5],
    ['gateway', 2],
  ])('knows no %s %i that is reached', (kind, index) => {
    expect(set(ownedWorld(), 'payer', kind, { role: index })).toBe('UNKNOWN_ROLE');
  });

  it('says nothing of who is gone', () => {
    const world = ownedWorld();
    world.send('payer', 'setRoleStatus', { kind: 'gateway', role: 1, status: 'deregistered' });
    expect(set(world, 'owner', 'gateway', {})).toBe('ROLE_GONE');
  });
});
