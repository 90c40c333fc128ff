import { RowListType, type StructType } from '@assay/ssz';
import type { Type, ValueOfFields } from '@chainsafe/ssz';
import { limits } from '../limits.ts';

type FieldOf<Row, Value> = { readonly [Name in keyof Row]: Row[Name] extends Value ? Name : never }[keyof Row];

/** What is to be known of a table; whatever the ledger does with all tables follows from this. */
export interface TableFacts<Row> {
  /** The fields that hold base units. */
  readonly money?: readonly FieldOf<Row, bigint>[];
  /** The fields that find a row, which never change; of several rows with the same values the newest is found. */
  readonly key?: readonly FieldOf<Row, Uint8Array | string | number>[];
  /** Fields that find a row and may change; of several with the same value the newest is found. */
  readonly unique?: readonly FieldOf<Row, Uint8Array>[];
  /** Whether rows are forgotten, by which the indexes of others change; else only added, and never moved. */
  readonly prunable?: true;
  /** Order in the books that a settlement keeps (§2.7); none for a table it does not read. */
  readonly books?: number;
  /** Word by which somebody asks for the proof of a row (§2.6). */
  readonly proof?: string;
}

/** A table of the state: the SSZ list of its rows, and what is to be known of it. */
export class TableType<
  Fields extends Record<string, Type<unknown>>,
  Facts extends TableFacts<ValueOfFields<Fields>>,
> extends RowListType<Fields> {
  readonly facts: Facts;

  constructor(row: StructType<Fields>, facts: Facts) {
    super(row, limits.maxTableRows);
    this.facts = facts;
  }
}

/** Declares a table. */
export const table = <
  Fields extends Record<string, Type<unknown>>,
  const Facts extends TableFacts<ValueOfFields<Fields>>,
>(
  row: StructType<Fields>,
  facts: Facts,
) => new TableType(row, facts);
