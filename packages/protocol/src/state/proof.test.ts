import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowPath, stateRootAlong } from './proof.ts';
import { AccountRow, ModelRow, State, tableNames } from './state.ts';

const units = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const accounts = fc.array(
  fc.record({
    address: fc.uint8Array({ minLength: 20, maxLength: 20 }),
    balanceUnits: units,
    nonce: fc.nat(),
  }),
  { minLength: 1, maxLength: 20 },
);
const names = fc.array(fc.string({ unit: 'grapheme', maxLength: 8 }), { minLength: 1, maxLength: 5 });

describe('the path of a row', () => {
  it('leads from every row to the root of the state, and from no other index', () => {
    fc.assert(
      fc.property(accounts, names, (rows, modelNames) => {
        const models = modelNames.map((name) => ({ ...ModelRow.defaultValue(), name }));
        const state = { ...State.defaultValue(), accounts: rows, models };
        const tree = State.value_toTree(state);
        const root = State.hashTreeRoot(state);
        for (const [index, value] of rows.entries()) {
          const row = AccountRow.serialize(value);
          const path = rowPath(tree, 'accounts', index);
          expect(stateRootAlong('accounts', { index, row, path })).toEqual(root);
          expect(stateRootAlong('accounts', { index: index ^ 1, row, path })).not.toEqual(root);
          expect(stateRootAlong('sessions', { index, row, path })).not.toEqual(root);
        }
        for (const [index, value] of models.entries()) {
          const path = rowPath(tree, 'models', index);
          expect(stateRootAlong('models', { index, row: ModelRow.serialize(value), path })).toEqual(root);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('never throws for a hostile proof, and leads to no root the row was not in', () => {
    const table = fc.constantFrom(...tableNames);
    const bytes = fc.uint8Array({ maxLength: 400 });
    const path = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 64 });
    const root = State.hashTreeRoot(State.defaultValue());
    fc.assert(
      fc.property(table, fc.nat(), bytes, path, (name, index, row, siblings) => {
        expect(stateRootAlong(name, { index, row, path: siblings })).not.toEqual(root);
      }),
      { numRuns: 500 },
    );
  });

  it.each([-1, 0.5, 2 ** 32, Number.NaN])('is none for the index %s', (index) => {
    const row = AccountRow.serialize(AccountRow.defaultValue());
    const path = rowPath(
      State.value_toTree({ ...State.defaultValue(), accounts: [AccountRow.defaultValue()] }),
      'accounts',
      0,
    );
    expect(stateRootAlong('accounts', { index, row, path })).toBeNull();
  });
});
