import { StructType, U16, U32, type ValueOf } from '@assay/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Receipt } from './batch/receipt.ts';
import { type Ref, type RefName, ref, shortRef } from './refs.ts';
import type { TableName } from './state/state.ts';
import { noSession } from './state/tasks.ts';
import type { Delegate } from './transaction.ts';

describe('a ref', () => {
  it('is the number on the wire, in the root and in JSON', () => {
    const typed = new StructType({ miner: ref('miners'), oracle: shortRef('oracles') }, { typeName: 'Typed' });
    const plain = new StructType({ miner: U32, oracle: U16 }, { typeName: 'Typed' });
    const values = fc.record({ miner: fc.nat(2 ** 32 - 1), oracle: fc.nat(2 ** 16 - 1) });
    fc.assert(
      fc.property(values, (value) => {
        expect(typed.serialize(value)).toEqual(plain.serialize(value));
        expect(typed.hashTreeRoot(value)).toEqual(plain.hashTreeRoot(value));
        expect(typed.toJson(value)).toEqual(plain.toJson(value));
        expect(typed.fromJson(plain.toJson(value))).toEqual(typed.deserialize(plain.serialize(value)));
      }),
    );
  });

  it('comes from outside by one check, which says what it should be', () => {
    const miners = ref('miners');
    expect([miners.of(7), miners.read('7'), miners.fromJson(7)]).toEqual([7, 7, 7]);
    expect(ref('sessions').of(noSession)).toBe(noSession);
    for (const number of [-1, 0.5, 2 ** 32, Number.NaN, '7', null]) {
      expect(() => miners.of(number)).toThrow('is no miner: a whole number from 0 to 4294967295');
      expect(() => miners.fromJson(number)).toThrow(RangeError);
    }
    for (const text of ['', '-1', '1e3', ' 7', '4294967296', '00000000007']) expect(miners.read(text)).toBeNull();
    expect(() => shortRef('oracles').of(65_536)).toThrow('65536 is no oracle: a whole number from 0 to 65535');
    expect(miners.describe(7)).toBe('miner 7');
  });

  it('of one table is none of another: that does not compile', () => {
    const tableOf = <Name extends RefName>(name: Name): TableName => name;
    const { miner, session } = Receipt.defaultValue();
    const right: ValueOf<typeof Delegate> = { miner, amountUnits: 1n };
    // @ts-expect-error: a session is no miner.
    const wrong: ValueOf<typeof Delegate> = { miner: session, amountUnits: 1n };
    // @ts-expect-error: a miner is no session.
    const another: Ref<'sessions'> = miner;
    // @ts-expect-error: these mean sessions.
    const none: Ref<'miners'> = noSession;
    // What it says in words is what it is.
    // @ts-expect-error: a session is no miner.
    const words = ref('miners').describe(session);
    expect([tableOf('miners'), right, wrong, another, none, words]).toHaveLength(6);
  });
});
