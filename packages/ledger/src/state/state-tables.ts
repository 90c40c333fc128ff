import type { RowOf, TableName, tables } from '@assay/protocol';
import type { Ref } from '@assay/ssz';
import type { Miners, ReadonlyMiners } from './miner-table.ts';
import type { ReadonlyTable, Table } from './table.ts';

/** The values that find a row of a table; never for a table without a key. */
export type KeyOf<Name extends TableName> = (typeof tables)[Name]['facts'] extends {
  readonly key: infer Fields extends readonly (keyof RowOf<Name>)[];
}
  ? { [Index in keyof Fields]: RowOf<Name>[Fields[Index]] }
  : never;

/** The fields by whose value the holder of a row is found. */
type UniqueOf<Name extends TableName> = (typeof tables)[Name]['facts'] extends {
  readonly unique: readonly (infer Field extends string)[];
}
  ? Field
  : never;

/** What an index counts: the rows themselves, or their places, where those move; a power is that of its validator. */
export type IndexedBy<Name extends TableName> = Name extends 'powers'
  ? 'validators'
  : (typeof tables)[Name]['facts'] extends { readonly prunable: true }
    ? `places of ${Name}`
    : Name;
/** The index of a row. */
export type IndexOf<Name extends TableName> = Ref<IndexedBy<Name>>;

/** The tables of a state. */
export type StateTables = {
  readonly [Name in TableName]: Name extends 'miners'
    ? Miners
    : Table<RowOf<Name>, KeyOf<Name>, UniqueOf<Name>, IndexedBy<Name>>;
};

/** The same for reading. */
export type ViewTables = {
  readonly [Name in TableName]: Name extends 'miners'
    ? ReadonlyMiners
    : ReadonlyTable<RowOf<Name>, KeyOf<Name>, UniqueOf<Name>, IndexedBy<Name>>;
};
