import { type BookName, Books, bookNames, Globals, Params, type RowOf, tables } from '@assay/protocol';
import { ChunkTree, concatBytes, type ValueOf, withLength } from '@assay/ssz';
import type { IndexedBy, StateTables } from './state-tables.ts';
import { type ReadonlyTable, Table } from './table.ts';
import type { LedgerView } from './view.ts';

type BookTables = {
  readonly [Name in BookName]: ReadonlyTable<RowOf<Name>, never, never, IndexedBy<Name>>;
};
type Rest = Pick<LedgerView, 'globals' | 'params'>;

/** The state as its epoch left it: all that a settlement reads, whatever blocks bring while it goes on (§2.7). */
export type ClosedBooks = Rest & BookTables & { readonly root: Uint8Array };

export function closedBooks(state: Rest & Pick<StateTables, BookName>): ClosedBooks {
  const { globals, params } = state;
  const frozen = Object.fromEntries(bookNames.map((name) => [name, state[name].frozen()]));
  const roots = [
    Globals.hashTreeRoot(globals),
    Params.hashTreeRoot(params),
    ...bookNames.map((name) => state[name].root()),
  ];
  const tree = new ChunkTree(Books.depth);
  tree.set(Uint32Array.from(roots.keys()), concatBytes(roots));
  return { globals, params, root: tree.root(), ...(frozen as unknown as BookTables) };
}

/** The books of a state that was read. */
export function booksOf({ globals, params, ...rows }: ValueOf<typeof Books>): ClosedBooks {
  const kept = bookNames.map((name) => [name, new Table(tables[name] as never, rows[name] as never)] as const);
  return closedBooks({ globals, params, ...(Object.fromEntries(kept) as unknown as Pick<StateTables, BookName>) });
}

/** The value that `booksOf` reads. */
export function valueOfBooks({ globals, params, ...frozen }: ClosedBooks): ValueOf<typeof Books> {
  const rows = Object.fromEntries(bookNames.map((name) => [name, [...frozen[name]]]));
  return { globals, params, ...rows } as ValueOf<typeof Books>;
}

/** Root of the list that the state has of them. */
export function rootOfBooks(books: ClosedBooks | null): Uint8Array {
  return books === null ? withLength(new Uint8Array(32), 0) : withLength(books.root, 1);
}
