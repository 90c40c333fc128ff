import { type LedgerEvent, noModel, type Ref } from '@assay/protocol';
import { PPB } from '../arithmetic/integers.ts';
import { commonFlaw, decideByTime, isUndecided } from '../cases/cases.ts';
import type { LedgerState } from '../state/state.ts';
import type { IndexOf } from '../state/state-tables.ts';

/** Decides the cases whose time is over (§10.6, §10.7). */
export function settleCases(state: LedgerState): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (let index = 0; index < state.cases.length; index++) {
    const row = state.cases.at(index);
    if (isUndecided(row) && row.deadlineEpoch <= state.globals.epoch) events.push(...decideByTime(state, index));
  }
  return events;
}

/** Miners that one payer or one flaw accuses before it counts against these rather than against the miners. */
export const LEAST_ACCUSED = 2;

/**
 * §10.8 When many miners of one model fail at once, or several by one flaw, the model's profile or the check is in
 * doubt rather than all of them.
 */
export function freezePenalties(state: LedgerState): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  const { breakerMinFailing } = state.params.cases;
  for (const [model, opened] of casesByModel(state)) {
    const rows = opened.map((index) => state.cases.at(index));
    const failing = new Set(rows.map(({ role }) => role));
    const isOneFlaw = commonFlaw(rows) !== 'none';
    const least = isOneFlaw ? Math.min(LEAST_ACCUSED, breakerMinFailing) : breakerMinFailing;
    const miners = minersOf(state, new Set([model]), failing);
    if (failing.size < least || !isLargePart(state, failing.size, miners)) continue;
    for (const index of opened) freeze(state, index);
    const cases = rows.map(({ id }) => id);
    const shared = isOneFlaw ? 'flaw' : 'model';
    events.push({ type: 'penaltiesFrozen', shared, model, failing: failing.size, miners, cases });
  }
  return events;
}

/** The cases that this epoch opened against miners. */
function casesByModel(state: LedgerState): Map<Ref<'models'>, IndexOf<'cases'>[]> {
  const opened = new Map<Ref<'models'>, IndexOf<'cases'>[]>();
  for (let index = 0; index < state.cases.length; index++) {
    const { kind, model, openedEpoch } = state.cases.at(index);
    if (kind !== 'miner' || model === noModel || openedEpoch !== state.globals.epoch) continue;
    opened.set(model, [...(opened.get(model) ?? []), index]);
  }
  return opened;
}

/** How many miners serve one of these models: those that are active, and those that failed and may be gone. */
export function minersOf(
  state: LedgerState,
  served: ReadonlySet<Ref<'models'>>,
  failing: ReadonlySet<Ref<'miners'>>,
): number {
  let count = 0;
  for (const [index, { models, status }] of [...state.miners].entries()) {
    const isActive = status === 'active' && models.some((model) => served.has(model));
    if (isActive || failing.has(index)) count += 1;
  }
  return count;
}

/** Whether more of a model's miners fail than a profile that is right would let (§10.8). */
export function isLargePart({ params }: LedgerState, failing: number, miners: number): boolean {
  return BigInt(failing) * PPB > BigInt(miners) * BigInt(params.cases.breakerPpb);
}

/** Leaves an undecided case to the foundation; its time runs again, once. */
export function freeze(state: LedgerState, index: IndexOf<'cases'>): void {
  const row = state.cases.at(index);
  const { epoch } = state.globals;
  if (!isUndecided(row) || row.isFrozen) return;
  const deadlineEpoch = epoch + state.params.cases.reviewEpochs;
  state.cases.update(index, { status: 'review', isFrozen: true, deadlineEpoch });
}
