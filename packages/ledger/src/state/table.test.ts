import { AccountRow, table as tableOf, tables } from '@assay/protocol';
import { EnumType, sha256, UintType } from '@assay/ssz';
import { ListBasicType, type Type } from '@chainsafe/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace } from '../arithmetic/pace.ts';
import { Table } from './table.ts';

const row = (units: number): AccountRow => ({ address: new Uint8Array(20), balanceUnits: BigInt(units), nonce: units });
/** Accounts as if they could be forgotten. */
const prunable = tableOf(AccountRow, { money: ['balanceUnits'], prunable: true });

const kinds = ['push', 'push', 'set', 'update', 'retain', 'later', 'root'] as const;
type Step = { readonly kind: (typeof kinds)[number]; readonly at: number; readonly units: number };
const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom(...kinds),
    at: fc.nat(40),
    units: fc.nat(1000),
  }),
  { maxLength: 60 },
);

type Fields = Record<string, unknown>;
/** A list of rows as the test fills it: what a field is, it sees in the row. */
interface AnyList {
  readonly chunkDepth: number;
  hashTreeRoot(rows: readonly Fields[]): Uint8Array;
  readonly elementType: ConstructorParameters<typeof Table<Fields>>[0]['elementType'] & {
    readonly fieldsEntries: readonly { readonly fieldName: string; readonly fieldType: Type<unknown> }[];
    defaultValue(): Fields;
    hashTreeRoot(row: Fields): Uint8Array;
  };
}

/** A row with another value in one field. */
function changed(list: AnyList, old: Fields, { at, units }: Pick<Step, 'at' | 'units'>): Fields {
  const { fieldsEntries } = list.elementType;
  const { fieldName: name, fieldType } = fieldsEntries[at % fieldsEntries.length] as (typeof fieldsEntries)[number];
  const value = old[name];
  if (fieldType instanceof EnumType) return { [name]: fieldType.words[units % fieldType.words.length] };
  if (typeof value === 'number') return { [name]: units % 256 };
  if (typeof value === 'bigint') return { [name]: BigInt(units) };
  // Rows of some tables grow and shrink.
  if (fieldType instanceof ListBasicType && fieldType.elementType instanceof UintType) {
    return { [name]: Array.from({ length: units % 9 }, (_, i) => i) };
  }
  return value instanceof Uint8Array && value.length > 0 ? { [name]: value.map(() => units % 256) } : {};
}

function rootAlong(path: readonly Uint8Array[], leaf: Uint8Array, index: number): Uint8Array {
  return path.reduce(
    (node, sibling, height) =>
      Math.floor(index / 2 ** height) % 2 === 1 ? sha256(sibling, node) : sha256(node, sibling),
    leaf,
  );
}

describe('Table', () => {
  it.each(['accounts', 'burns', 'sessions', 'tasks', 'models', 'miners'] as const)(
    'of %s has the root of its rows after any changes, and a path from each of them to it',
    (name) => {
      const list = tables[name] as unknown as AnyList;
      fc.assert(
        fc.property(steps, (script) => {
          const table = new Table<Fields>(
            { chunkDepth: list.chunkDepth, elementType: list.elementType, facts: { prunable: true } },
            [],
          );
          let plain: Fields[] = [];
          for (const step of script) {
            const { kind, at, units } = step;
            const index = units % Math.max(plain.length, 1);
            const old = plain[index] ?? list.elementType.defaultValue();
            const change = changed(list, old, step);
            if (kind === 'push') table.push(plain[plain.push({ ...old, ...change }) - 1] as Fields);
            else if (kind === 'root') expect(table.root()).toEqual(list.hashTreeRoot(plain));
            else if (plain.length === 0) expect(table.length).toBe(0);
            else if (kind === 'retain') {
              table.retain((_each, i) => i % 5 !== at % 5);
              plain = plain.filter((_each, i) => i % 5 !== at % 5);
            } else {
              plain[index] = { ...old, ...change };
              if (kind === 'set') table.set(index, plain[index]);
              else table.update(index, change);
            }
          }
          expect(table.root()).toEqual(list.hashTreeRoot(plain));
          expect([...table]).toEqual(plain);
          for (const [index, each] of plain.entries()) {
            const path = table.path(index);
            expect(rootAlong(path, list.elementType.hashTreeRoot(each), index)).toEqual(table.root());
          }
        }),
        { numRuns: 25 },
      );
    },
  );

  it('keeps the same rows in the tree and the same total as a plain array', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const table = new Table(prunable, []);
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

  it('forgets many rows from the front, few of which stay, and its copies none', () => {
    const kept = tableOf(AccountRow, { money: ['balanceUnits'], key: ['nonce'], prunable: true });
    const numbered = (from: number, count: number) => Array.from({ length: count }, (_, i) => row(from + i));
    let plain = numbered(0, 3000);
    const table = new Table<AccountRow, [number]>(kept, plain);
    for (let round = 0; round < 40; round++) {
      const [copy, before] = [table.frozen(), plain];
      // Every seventh of those in front stays.
      const dropped = Array.from({ length: 700 }, (_, i) => i).filter((i) => (plain[i]?.nonce ?? 0) % 7 !== 0);
      table.drop(dropped);
      plain = plain.filter((_, i) => !dropped.includes(i));
      for (const each of numbered(3000 + round * 600, 600)) {
        table.push(each);
        plain = [...plain, each];
      }
      table.update(5, { balanceUnits: BigInt(round) });
      plain = plain.with(5, { ...(plain[5] as AccountRow), balanceUnits: BigInt(round) });
      expect([...table]).toEqual(plain);
      expect([...copy]).toEqual(before);
      for (const index of [0, 5, 300, 699, plain.length - 1]) {
        const nonce = plain[index]?.nonce ?? -1;
        expect(table.find(nonce)).toBe(index);
        expect(copy.find(nonce) ?? -1).toBe(before.findIndex((each) => each.nonce === nonce));
      }
      expect(table.find(before[dropped[0] ?? 0]?.nonce ?? -1)).toBeUndefined();
      expect(table.units).toBe(table.countUnits());
    }
    expect(table.root()).toEqual(tables.accounts.hashTreeRoot(plain));
  });

  it('never changes a row that was given out', () => {
    const table = new Table(tables.accounts, [row(1)]);
    const before = table.at(0);
    table.update(0, { balanceUnits: 9n });
    expect(before.balanceUnits).toBe(1n);
    expect(table.at(0)).toEqual({ ...row(1), balanceUnits: 9n });
  });

  it('knows what is not there', () => {
    const table = new Table(tables.accounts, [row(1)]);
    expect(table.get(1)).toBeUndefined();
    expect(() => table.at(1)).toThrow('there is no row 1 of 1');
    expect(() => table.set(1, row(2))).toThrow(RangeError);
    expect(AccountRow.toJson(table.at(0))).toMatchObject({ nonce: 1 });
  });

  it('finds what the rows hold beyond the running total, as both were when it began', () => {
    let extra = 0n;
    const growing = (units: number): AccountRow =>
      Object.defineProperty(row(units), 'balanceUnits', { get: () => BigInt(units) + extra });
    const table = new Table(tables.accounts, [growing(1), growing(2)]);
    const drift = (between: () => void) => {
      const pace = new Pace();
      pace.refill(1);
      const steps = table.driftUnits(pace);
      for (let result = steps.next(); ; result = steps.next()) {
        if (result.done) return result.value;
        between();
        pace.refill(1);
      }
    };
    expect(drift(() => table.push(growing(9)))).toBe(0n);
    extra = 5n;
    expect(drift(() => {})).toBe(5n * BigInt(table.length));
  });

  it('and its copies find whose a value is, and the newest row of a key, as each was when it was taken', () => {
    const owned = tableOf(AccountRow, { key: ['nonce'], unique: ['address'], prunable: true });
    const addressOf = (units: number) => new Uint8Array(20).fill(units % 6);
    fc.assert(
      fc.property(steps, (script) => {
        const whole = new Table<AccountRow, [number], 'address'>(owned, []);
        const copies = [{ rows: whole.frozen(), plain: [] as AccountRow[] }];
        for (const { kind, at, units } of script) {
          const plain = [...whole];
          const isFree = plain.every(({ address }) => address[0] !== units % 6);
          if (kind === 'retain') whole.retain((_each, i) => i % 5 !== at % 5);
          else if (kind === 'push' && isFree) whole.push({ ...row(at % 3), address: addressOf(units) });
          else if (kind === 'update' && at < plain.length && isFree) whole.update(at, { address: addressOf(units) });
          copies.push({ rows: whole.frozen(), plain: [...whole] });
        }
        for (const { rows, plain } of copies) {
          expect([...rows]).toEqual(plain);
          for (const number of [0, 1, 2, 3, 4, 5]) {
            const holder = plain.findIndex(({ address }) => address[0] === number);
            expect(rows.holderOf('address', addressOf(number)) ?? -1).toBe(holder);
            expect(rows.find(number) ?? -1).toBe(plain.findLastIndex(({ nonce }) => nonce === number));
            expect(rows.allOf(number)).toEqual(plain.filter(({ nonce }) => nonce === number));
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
