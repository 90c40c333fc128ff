import { type AccountRow, tables } from '@assay/protocol';
import { expect, it } from 'vitest';
import { Recount } from './recount.ts';
import { Table } from './table.ts';

it('counts every row of every table, some in each block, and finds what no total knows of', () => {
  let extra = 0n;
  const rows = [1, 2, 3, 4, 5].map((nonce): AccountRow => ({ address: new Uint8Array(20), balanceUnits: 7n, nonce }));
  const tableOf = () => new Table<AccountRow>(tables.accounts, rows, (row) => row.balanceUnits + extra);
  const state = { moneyTables: () => [tableOf(), tableOf()] };
  const sound = new Recount(state);
  const counted = [sound.advance(1), sound.advance(1), sound.advance(1)];
  expect(counted).toEqual([false, false, true]);
  const [first, second] = [tableOf(), tableOf()];
  const broken = new Recount({ moneyTables: () => [first, second] });
  expect(broken.advance(1)).toBe(false);
  extra = 1n;
  expect(broken.advance(1)).toBe(false);
  expect(() => broken.advance(1)).toThrow('the rows hold 6 base units beyond their running totals');
});
