import {
  Books,
  bookTables,
  ChunkTree,
  concatBytes,
  Globals,
  Params,
  type RowOf,
  type ValueOf,
  withLength,
} from '@assay/protocol';
import { FrozenRows, type Table } from '../table.ts';
import type { LedgerView } from '../view.ts';

export type BookName = keyof typeof bookTables;
type BookTables<Kind extends 'frozen' | 'kept'> = {
  readonly [Name in BookName]: Kind extends 'frozen' ? FrozenRows<RowOf<Name>> : Pick<Table<RowOf<Name>>, 'frozen'>;
};
type Rest = Pick<LedgerView, 'globals' | 'params'>;

/** The state as its epoch left it: all that a settlement reads, whatever blocks bring while it goes on (§2.7). */
export type ClosedBooks = Rest & BookTables<'frozen'>;

const names = Object.keys(bookTables) as BookName[];

export function closedBooks(state: Rest & BookTables<'kept'>): ClosedBooks {
  const frozen = Object.fromEntries(names.map((name) => [name, state[name].frozen()]));
  return { globals: state.globals, params: state.params, ...(frozen as BookTables<'frozen'>) };
}

/** The books of a state that was read. */
export function booksOf({ globals, params, ...rows }: ValueOf<typeof Books>): ClosedBooks {
  const frozen = names.map((name) => {
    const all: readonly object[] = rows[name];
    return [name, new FrozenRows(all, bookTables[name].hashTreeRoot(all as never))];
  });
  return { globals, params, ...(Object.fromEntries(frozen) as BookTables<'frozen'>) };
}

/** The value that `booksOf` reads. */
export function valueOfBooks({ globals, params, ...tables }: ClosedBooks): ValueOf<typeof Books> {
  const rows = Object.fromEntries(names.map((name) => [name, [...tables[name]]]));
  return { globals, params, ...rows } as ValueOf<typeof Books>;
}

/** Root of the list that the state has of them. */
export function rootOfBooks(books: ClosedBooks | null): Uint8Array {
  if (books === null) return withLength(new Uint8Array(32), 0);
  const { globals, params, ...tables } = books;
  const roots = [Globals.hashTreeRoot(globals), Params.hashTreeRoot(params), ...names.map((name) => tables[name].root)];
  const tree = new ChunkTree(Books.depth);
  tree.set(Uint32Array.from(roots.keys()), concatBytes(roots));
  return withLength(tree.root(), 1);
}
