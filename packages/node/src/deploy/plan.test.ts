import { describe, expect, it } from 'vitest';
import { parseHosts } from './hosts.ts';
import { coldKeys, type NetworkShape, planNetwork } from './plan.ts';

const here = { name: 'here', address: '127.0.0.1' };
const shape: NetworkShape = {
  counts: { validators: 4, mixers: 7, miners: 10, oracles: 3, gateways: 2 },
  engine: 'cometbft',
  hosts: [here],
  firstPort: 4100,
  hasFaucet: true,
};
const kindsOf = (engine: NetworkShape['engine']) =>
  planNetwork({ ...shape, engine }).map((node) => [node.name, node.engine]);

describe('the plan of a network §20.4', () => {
  it('has a node a role; validators make blocks with CometBFT, and all others follow', () => {
    const nodes = planNetwork(shape);
    expect(nodes).toHaveLength(26);
    expect(nodes.every(({ roles }) => roles.length === 1)).toBe(true);
    expect(kindsOf('cometbft').slice(0, 5)).toEqual([
      ['validator-1', 'cometbft'],
      ['validator-2', 'cometbft'],
      ['validator-3', 'cometbft'],
      ['validator-4', 'cometbft'],
      ['mixer-1', 'follow'],
    ]);
  });

  it('has one node more that makes the blocks where there is no CometBFT, and it alone has the consensus keys', () => {
    const nodes = planNetwork({ ...shape, engine: 'embedded' });
    const holders = nodes.filter(({ keys }) => keys.some(({ name }) => name.startsWith('consensus')));
    expect(holders.map(({ name, roles }) => [name, roles])).toEqual([['chain', []]]);
    expect(nodes).toHaveLength(27);
  });

  it('gives no node a key that it does not need, none twice, and none of the cold ones', () => {
    for (const engine of ['embedded', 'cometbft'] as const) {
      const names = planNetwork({ ...shape, engine }).flatMap(({ keys }) => keys.map(({ name }) => name));
      expect(new Set(names).size).toBe(names.length);
      const cold = coldKeys(shape.counts).map(({ name }) => name);
      expect(names.filter((name) => cold.includes(name))).toEqual([]);
      expect(cold).toEqual(expect.arrayContaining(['foundation', 'creator', 'payer', 'owner-1', 'owner-10']));
    }
  });

  it('gives every node ports of its own on its machine, and spreads the roles over the machines', () => {
    const hosts = ['berlin', 'oslo', 'rome'].map((name, i) => ({ name, address: `203.0.113.${i + 1}` }));
    const nodes = planNetwork({ ...shape, hosts });
    const places = nodes.flatMap(({ host, ports }) => Object.values(ports).map((port) => `${host.name}:${port}`));
    expect(new Set(places).size).toBe(places.length);
    const mixers = nodes.filter(({ name }) => name.startsWith('mixer')).map(({ host }) => host.name);
    expect(new Set(mixers)).toEqual(new Set(['berlin', 'oslo', 'rome']));
    expect(Math.min(...nodes.map(({ ports }) => ports.api))).toBe(4100);
  });

  it('gives no API a port that browsers and `fetch` refuse', async () => {
    const ports = planNetwork({ ...shape, firstPort: 4190 }).map(({ ports: own }) => own.api);
    expect(ports.slice(0, 2)).toEqual([4194, 4200]);
    await expect(fetch('http://127.0.0.1:4190')).rejects.toMatchObject({ cause: { message: 'bad port' } });
  });

  it('has one faucet at most, at the gateway of newcomers', () => {
    const paying = (change: Partial<NetworkShape>) =>
      planNetwork({ ...shape, ...change })
        .filter(({ hasFaucet }) => hasFaucet)
        .map(({ name }) => name);
    expect(paying({})).toEqual(['gateway-1']);
    expect(paying({ hasFaucet: false })).toEqual([]);
    expect(paying({ counts: { ...shape.counts, gateways: 0 } })).toEqual(['mixer-1']);
  });

  it.each<[string, Partial<NetworkShape>]>([
    ['validator and a mixer', { counts: { ...shape.counts, mixers: 0 } }],
    ['one machine or more', { hosts: [] }],
    ['one name', { hosts: [here, here] }],
    ['ports up to', { firstPort: 65_000, counts: { ...shape.counts, miners: 50 } }],
    ['the most set up here', { counts: { ...shape.counts, miners: 400 } }],
  ])('is refused when it is none: %s', (sentence, change) => {
    expect(() => planNetwork({ ...shape, ...change })).toThrow(sentence);
  });
});

describe('the machines of a network', () => {
  it('are read from lines', () => {
    const hosts = parseHosts('# ours\nberlin 203.0.113.7\n\n oslo  node.example # theirs\nrome 2001:db8::1\n');
    expect(hosts).toEqual([
      { name: 'berlin', address: '203.0.113.7' },
      { name: 'oslo', address: 'node.example' },
      { name: 'rome', address: '2001:db8::1' },
    ]);
  });

  it.each(['berlin', 'berlin 203.0.113.7 more', 'Ber/lin 203.0.113.7', 'berlin not/an/address'])(
    'are not "%s", and it says which line',
    (line) => {
      expect(() => parseHosts(`oslo 203.0.113.8\n${line}`)).toThrow('Line 2');
    },
  );
});
