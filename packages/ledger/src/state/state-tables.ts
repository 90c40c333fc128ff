import type { RowOf, TableName, tables } from '@assay/protocol';
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

/** The tables of a state. */
export type StateTables = {
  readonly [Name in TableName]: Name extends 'miners' ? Miners : Table<RowOf<Name>, KeyOf<Name>, UniqueOf<Name>>;
};

/** The same for reading. */
export type ViewTables = {
  readonly [Name in TableName]: Name extends 'miners'
    ? ReadonlyMiners
    : ReadonlyTable<RowOf<Name>, KeyOf<Name>, UniqueOf<Name>>;
};
