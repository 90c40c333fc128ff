import { AccountRow, tables } from '@assay/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Table } from './table.ts';

const row = (units: number): AccountRow => ({ address: new Uint8Array(20), balanceUnits: BigInt(units), nonce: units });
const moneyOf = ({ balanceUnits }: Readonly<AccountRow>) => balanceUnits;

type Step = { readonly kind: 'push' | 'set' | 'retain' | 'root'; readonly at: number; readonly units: number };
const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom('push', 'push', 'set', 'retain', 'root'),
    at: fc.nat(40),
    units: fc.nat(1000),
  }),
  { maxLength: 60 },
);

describe('Table', () => {
  it('keeps the same rows in the tree and the same total as a plain array', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const table = new Table<AccountRow>(tables.accounts, [], moneyOf);
        let plain: AccountRow[] = [];
        for (const { kind, at, units } of script) {
          if (kind === 'push') {
            expect(table.push(row(units))).toBe(plain.push(row(units)) - 1);
          } else if (kind === 'set' && at < plain.length) {
            table.set(at, row(units));
            plain[at] = row(units);
          } else if (kind === 'retain') {
            const kept = plain.filter((each) => each.nonce % 7 !== at % 7);
            expect(table.retain((each) => each.nonce % 7 !== at % 7)).toBe(kept.length < plain.length);
            plain = kept;
          } else if (kind === 'root') {
            expect(table.root()).toEqual(tables.accounts.hashTreeRoot(plain));
          }
        }
        expect([...table]).toEqual(plain);
        expect(table.units).toBe(plain.reduce((sum, each) => sum + each.balanceUnits, 0n));
        expect(table.countUnits()).toBe(table.units);
        expect(table.root()).toEqual(tables.accounts.hashTreeRoot(plain));
      }),
      { numRuns: 50 },
    );
  });

  it('never changes a row that was given out', () => {
    const table = new Table<AccountRow>(tables.accounts, [row(1)], moneyOf);
    const before = table.at(0);
    table.update(0, { balanceUnits: 9n });
    expect(before.balanceUnits).toBe(1n);
    expect(table.at(0)).toEqual({ ...row(1), balanceUnits: 9n });
  });

  it('knows what is not there', () => {
    const table = new Table<AccountRow>(tables.accounts, [row(1)], moneyOf);
    expect(table.get(1)).toBeUndefined();
    expect(() => table.at(1)).toThrow('there is no row 1 of 1');
    expect(() => table.set(1, row(2))).toThrow(RangeError);
    expect(AccountRow.toJson(table.at(0))).toMatchObject({ nonce: 1 });
  });
});
