import { type Database, open, type RootDatabase } from 'lmdb';
import { pageBytes } from './pages.ts';
import type { RoleTables } from './role-store.ts';

export interface Tables extends RoleTables {
  readonly meta: Database<Buffer, string>;
  readonly blocks: Database<Buffer, number>;
  /** Why each block counts; none yet where the next block brings it. */
  readonly seals: Database<Buffer, number>;
  readonly results: Database<Buffer, number>;
  readonly snapshots: Database<Buffer, number>;
  readonly tasks: Database<Buffer, Uint8Array>;
  readonly taskOrder: Database<Buffer, number>;
  /** Epoch → height of the block that closed it. */
  readonly epochs: Database<number, number>;
  /** Place of a type in `markedEvents`, and the height of a block with such an event. */
  readonly marks: Database<Buffer, [place: number, height: number]>;
}

/** Maps a directory's data file; it must have been inspected. */
export function openEnvironment(dir: string, { readOnly = false } = {}): RootDatabase {
  // Without overlapping sync a commit is durable when its promise resolves, and a failed one can be closed after.
  // Batching by event turns makes a promise of its own now and then, whose failure nobody could take.
  return open({
    path: dir,
    noSubdir: false,
    maxDbs: 16,
    overlappingSync: false,
    eventTurnBatching: false,
    pageSize: pageBytes,
    readOnly,
  });
}

/** What LMDB calls each table. */
export const tableNames: { readonly [Key in keyof Tables]: string } = {
  meta: 'meta',
  blocks: 'blocks',
  seals: 'seals',
  results: 'results',
  snapshots: 'snapshots',
  tasks: 'tasks',
  taskOrder: 'taskOrder',
  epochs: 'epochs',
  marks: 'marks',
  values: 'roles',
  expiries: 'roleExpiries',
};

/** The tables that follow from the blocks, each useless without the others. */
export const viewKeys = [
  'results',
  'tasks',
  'taskOrder',
  'epochs',
  'marks',
] as const satisfies readonly (keyof Tables)[];

export function openTables(environment: RootDatabase): Tables {
  const byHeight = { keyEncoding: 'uint32', encoding: 'binary' } as const;
  return {
    meta: environment.openDB(tableNames.meta, { encoding: 'binary' }),
    blocks: environment.openDB(tableNames.blocks, byHeight),
    seals: environment.openDB(tableNames.seals, byHeight),
    results: environment.openDB(tableNames.results, byHeight),
    snapshots: environment.openDB(tableNames.snapshots, byHeight),
    tasks: environment.openDB(tableNames.tasks, { keyEncoding: 'binary', encoding: 'binary' }),
    taskOrder: environment.openDB(tableNames.taskOrder, byHeight),
    epochs: environment.openDB(tableNames.epochs, { keyEncoding: 'uint32', encoding: 'ordered-binary' }),
    marks: environment.openDB(tableNames.marks, { encoding: 'binary' }),
    values: environment.openDB(tableNames.values, { encoding: 'binary' }),
    expiries: environment.openDB(tableNames.expiries, { encoding: 'binary' }),
  };
}
