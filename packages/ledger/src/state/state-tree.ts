import { Globals, Params, State, type StateValue, type TableName, tableNames } from '@assay/protocol';
import { ChunkTree, concatBytes } from '@assay/ssz';
import { type ClosedBooks, rootOfBooks, valueOfBooks } from './books.ts';
import type { Table } from './table.ts';

const fields = State.fieldsEntries.map(({ fieldName }) => fieldName);

type Fields = { readonly [Name in TableName]: Pick<Table<unknown>, 'root' | typeof Symbol.iterator> } & {
  readonly globals: Readonly<Globals>;
  readonly params: Readonly<Params>;
  readonly books: ClosedBooks | null;
};

/** The top of the tree of a state: what is above the roots of its tables. */
export class StateTree {
  // They are large and seldom change, and are replaced as a whole.
  readonly #rootOfParams = remembered((params: Readonly<Params>) => Params.hashTreeRoot(params));

  root(state: Fields): Uint8Array {
    return this.#treeOf(state).root();
  }

  /** The Merkle siblings of the root of a table, lowest first. */
  path(state: Fields, table: TableName): Uint8Array[] {
    return this.#treeOf(state).path(fields.indexOf(table));
  }

  #treeOf(state: Fields): ChunkTree {
    const roots = fields.map((name) => {
      if (name === 'globals') return Globals.hashTreeRoot(state.globals);
      if (name === 'params') return this.#rootOfParams(state.params);
      return name === 'books' ? rootOfBooks(state.books) : state[name].root();
    });
    const tree = new ChunkTree(State.depth);
    tree.set(Uint32Array.from(roots.keys()), concatBytes(roots));
    return tree;
  }
}

/** The SSZ `State`. */
export function bytesOfState(state: Fields): Uint8Array {
  const rows = Object.fromEntries(tableNames.map((name) => [name, [...state[name]]]));
  const books = state.books === null ? [] : [valueOfBooks(state.books)];
  return State.serialize({ globals: state.globals, params: state.params, ...rows, books } as StateValue);
}

/** A function that works out its last value once. */
function remembered<Value, Result>(of: (value: Value) => Result): (value: Value) => Result {
  let last: { readonly value: Value; readonly result: Result } | null = null;
  return (value) => {
    if (last === null || last.value !== value) last = { value, result: of(value) };
    return last.result;
  };
}
