import { type AccountRow, tables } from '@assay/protocol';
import { expect, it } from 'vitest';
import { Table } from '../state/table.ts';
import { Recount } from './recount.ts';

/** An account whose balance changes without the table's knowledge. */
const growing = (row: Omit<AccountRow, 'balanceUnits'>, units: () => bigint): AccountRow =>
  Object.defineProperty({ ...row, balanceUnits: 0n }, 'balanceUnits', { get: units });

it('counts every row of every table, some in each block, and finds what no total knows of', () => {
  let extra = 0n;
  const rows = [1, 2, 3, 4, 5].map(
    (nonce): AccountRow => growing({ address: new Uint8Array(20), nonce }, () => 7n + extra),
  );
  const tableOf = () => new Table(tables.accounts, rows);
  const sound = new Recount([tableOf(), tableOf()]);
  const counted = [sound.advance(1), sound.advance(1), sound.advance(1)];
  expect(counted).toEqual([false, false, true]);
  const [first, second] = [tableOf(), tableOf()];
  const broken = new Recount([first, second]);
  expect(broken.advance(1)).toBe(false);
  extra = 1n;
  expect(broken.advance(1)).toBe(false);
  expect(() => broken.advance(1)).toThrow('the rows hold 6 base units beyond their running totals');
});
