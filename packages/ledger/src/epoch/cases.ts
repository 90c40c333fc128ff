import { caseStatuses, noModel, roleStatuses, stakeKinds } from '@assay/protocol';
import { dismissCase, executeCase } from '../cases.ts';
import { PPB } from '../integers.ts';
import type { LedgerEvent } from '../result.ts';
import type { LedgerState } from '../state.ts';

/** Ends the cases whose time is over (§10.6, §10.7). */
export function settleCases(state: LedgerState): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (let index = 0; index < state.cases.length; index++) {
    const { status, deadlineEpoch } = state.cases.at(index);
    if (deadlineEpoch > state.globals.epoch) continue;
    if (status === caseStatuses.review) events.push(dismissCase(state, index, 'time')); // §10.6
    if (status === caseStatuses.pending) events.push(executeCase(state, index, 'time')); // §10.7
  }
  return events;
}

/** §10.8 When many miners of one model fail at once, the model's profile is in doubt rather than all of them. */
export function freezePenalties(state: LedgerState): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (const [model, opened] of casesByModel(state)) {
    const failing = new Set(opened.map((index) => state.cases.at(index).role));
    const miners = minersOf(state, model, failing);
    if (!trips(state, failing.size, miners)) continue;
    for (const index of opened) freeze(state, index);
    events.push({
      type: 'penaltiesFrozen',
      model,
      failing: failing.size,
      miners,
      cases: opened.map((i) => state.cases.at(i).id),
    });
  }
  return events;
}

/** The cases that this epoch opened against miners. */
function casesByModel(state: LedgerState): Map<number, number[]> {
  const opened = new Map<number, number[]>();
  for (let index = 0; index < state.cases.length; index++) {
    const { kind, model, openedEpoch } = state.cases.at(index);
    if (kind !== stakeKinds.miner || model === noModel || openedEpoch !== state.globals.epoch) continue;
    opened.set(model, [...(opened.get(model) ?? []), index]);
  }
  return opened;
}

/** How many miners serve a model: those that are active, and those that failed and may be gone. */
function minersOf(state: LedgerState, model: number, failing: ReadonlySet<number>): number {
  let count = 0;
  for (const [index, { models, status }] of [...state.miners].entries()) {
    const isActive = status === roleStatuses.active && models.includes(model);
    if (isActive || failing.has(index)) count += 1;
  }
  return count;
}

function trips({ params }: LedgerState, failing: number, miners: number): boolean {
  const { breakerPpb, breakerMinFailing } = params.cases;
  return failing >= breakerMinFailing && BigInt(failing) * PPB > BigInt(miners) * BigInt(breakerPpb);
}

function freeze(state: LedgerState, index: number): void {
  const { status } = state.cases.at(index);
  const { epoch } = state.globals;
  const isOpen = status === caseStatuses.pending || status === caseStatuses.review;
  if (!isOpen) return;
  const deadlineEpoch = epoch + state.params.cases.reviewEpochs;
  state.cases.update(index, { status: caseStatuses.review, isFrozen: true, deadlineEpoch });
}
