import type { MeasureRow } from '@assay/protocol';
import type { LedgerState } from '../state.ts';
import type { ReadonlyTable } from '../table.ts';
import type { LedgerView } from '../view.ts';

/** The state as its epoch left it: all that a settlement reads, whatever blocks bring while it goes on (§2.7). */
export type ClosedBooks = { readonly measures: ReadonlyTable<MeasureRow> } & Pick<
  LedgerView,
  | 'globals'
  | 'params'
  | 'miners'
  | 'mixers'
  | 'oracles'
  | 'validators'
  | 'gateways'
  | 'delegations'
  | 'domains'
  | 'models'
  | 'holdings'
  | 'tasks'
  | 'burns'
  | 'ratings'
  | 'cases'
>;

export function closedBooks(state: LedgerState): ClosedBooks {
  return {
    globals: state.globals,
    params: state.params,
    miners: state.miners.frozen(),
    mixers: state.mixers.frozen(),
    oracles: state.oracles.frozen(),
    validators: state.validators.frozen(),
    gateways: state.gateways.frozen(),
    delegations: state.delegations.frozen(),
    domains: state.domains.frozen(),
    models: state.models.frozen(),
    holdings: state.holdings.frozen(),
    tasks: state.tasks.frozen(),
    burns: state.burns.frozen(),
    ratings: state.ratings.frozen(),
    cases: state.cases.frozen(),
    measures: state.measures.frozen(),
  };
}
