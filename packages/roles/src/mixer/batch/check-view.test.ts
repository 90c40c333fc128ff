import { World } from '@assay/ledger/fixture';
import { Block } from '@assay/protocol';
import { expect, it } from 'vitest';
import { batchesOf } from './check-view.ts';

it('reads no batch in a block whose proposer put in what is no transaction', () => {
  const { state } = new World();
  const transactions = [Uint8Array.of(1, 2, 3), new Uint8Array(0)];
  expect(batchesOf(state, Block.serialize({ ...Block.defaultValue(), transactions }))).toEqual([]);
  expect(batchesOf(state, null)).toEqual([]);
});
