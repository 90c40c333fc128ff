import type { LedgerView, ReadonlyTable } from '@assay/ledger';
import type { PageRequest } from '../http/port.ts';

type TableName =
  | ('miners' | 'mixers' | 'validators' | 'oracles' | 'gateways')
  | ('domains' | 'models' | 'delegations' | 'holdings' | 'profiles' | 'sessions');
type Rows<Row> = Pick<ReadonlyTable<Row>, 'get' | 'length'>;
type RowOf<Name extends TableName> = LedgerView[Name] extends Rows<infer Row> ? Row : never;

/** A part of a table, in index order. */
export function pageOf<Name extends TableName, Json>(
  state: LedgerView,
  name: Name,
  { from, limit }: PageRequest,
  jsonOf: (row: Readonly<RowOf<Name>>, index: number) => Json,
): { height: number; total: number; items: Json[] } {
  const table = state[name] as Rows<RowOf<Name>>;
  const items: Json[] = [];
  for (let index = from; index < Math.min(from + limit, table.length); index++) {
    const row = table.get(index);
    if (row !== undefined) items.push(jsonOf(row, index));
  }
  return { height: state.globals.height, total: table.length, items };
}
