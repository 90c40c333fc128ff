import { limits, type Receipt, type StakeKind, TaskKind } from '@assay/protocol';
import fc from 'fast-check';
import type { Sender, World } from './world.fixture.ts';

/** Makes the transactions of one random act, in the state the world is in. */
export type Act = (world: World) => Uint8Array[];

/** Acts from random data; a failing test prints them by name and data. */
export function acts<Data>(name: string, data: fc.Arbitrary<Data>, make: (world: World, data: Data) => Uint8Array[]) {
  return data.map<Act>((each) =>
    Object.assign((world: World) => make(world, each), { [fc.toStringMethod]: () => `${name} ${fc.stringify(each)}` }),
  );
}

const most = (1n << 64n) - 1n;
export const units = fc.oneof(
  fc.bigInt({ min: 0n, max: 2000n }),
  fc.constantFrom(0n, 1n, 1000n, 999_990n, 1_000_000n, most - 1n, most),
);
export const index = fc.oneof(
  { weight: 8, arbitrary: fc.nat(3) },
  { weight: 1, arbitrary: fc.constantFrom(4, 2 ** 32 - 1) },
);
export const heights = fc.oneof(fc.nat(12), fc.nat(80), fc.constant(limits.maxHeight));
const people: readonly Sender[] = ['payer', 'otherPayer', 'minerA', 'minerB', 'minerC', 'owner', 'stranger0', 'mixer1'];
export const from = fc.constantFrom(...people);
/** Nothing special, but now and then what `arbitrary` gives. */
export const rarely = <Value>(arbitrary: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 15, arbitrary: fc.constant({}) }, { weight: 1, arbitrary });
export const options = rarely(
  fc.record({ feeUnits: units, nonce: fc.nat(5), validUntil: fc.nat(60) }, { requiredKeys: [] }),
);

export const stakes = fc.constantFrom<[Sender, StakeKind, number]>(
  ['owner', 'miner', 0],
  ['owner', 'miner', 1],
  ['mixer1', 'mixer', 1],
  ['validator2', 'validator', 2],
  ['oracle0', 'oracle', 0],
  ['gateway0', 'gateway', 0],
  ['payer', 'delegation', 0],
  ['payer', 'backing', 2 ** 32 - 1],
);

export const hostile = fc.record<Partial<Receipt>>(
  {
    miner: index,
    model: index,
    gateway: index,
    drawHeight: heights,
    priceUnits: units,
    kind: fc.constantFrom(...TaskKind.words),
    ticket: fc.uint8Array({ minLength: 96, maxLength: 96 }),
    replica: fc.nat(255),
    similarityPpb: fc.nat(2 ** 32 - 1),
  },
  { requiredKeys: [] },
);
