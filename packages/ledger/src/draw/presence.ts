import { type LedgerEvent, limits, type Ref, type RoleRow } from '@assay/protocol';
import { isActive } from '../state/roles.ts';
import type { LedgerState } from '../state/state.ts';
import { committeeOf } from './committee.ts';

/** The kinds of roles whose presence counts (§7.12). */
export const presentKinds = ['mixer', 'oracle', 'validator'] as const;
export type PresentKind = (typeof presentKinds)[number];

/** Whether a role was seen in an epoch, by a duty it did or by its word (§7.12). */
export function wasSeen({ seenUntil }: Pick<RoleRow, 'seenUntil'>, epoch: number): boolean {
  return seenUntil > epoch;
}

/** A role did something in an epoch that only its key can do. */
export function markSeen(state: LedgerState, { kind, role }: { kind: PresentKind; role: number }, epoch: number): void {
  if (!wasSeen(state[`${kind}s`].at(role), epoch)) update(state, kind, role, { seenUntil: epoch + 1 });
}

/** §7.12 A missed turn is a strike; who was not seen in this epoch or the one before is drawn no more until it is. */
export function missTurn(state: LedgerState, validator: Ref<'validators'>): void {
  const { strikes, seenUntil } = state.validators.at(validator);
  const isAbsent = seenUntil < state.globals.epoch;
  state.validators.update(validator, { strikes: strikes + 1, ...(isAbsent ? { seenUntil: 0 } : {}) });
}

/** §7.12, §7.13 What the end of an epoch costs the mixers of the committee and the oracles that were not there. */
export function countAbsent(state: LedgerState, lost: ReadonlySet<Ref<'mixers'>>): LedgerEvent[] {
  const { epoch } = state.globals;
  const isAbsent = (row: Readonly<RoleRow>) => isActive(row) && !wasSeen(row, epoch);
  const isAnySeen = [...state.mixers].some((row) => wasSeen(row, epoch));
  const events: LedgerEvent[] = [];
  for (const { mixer } of isAnySeen ? committeeOf(state, epoch) : []) {
    const row = state.mixers.at(mixer);
    if (!isAbsent(row)) continue;
    const strikes = row.strikes + 1;
    const seatFrom = epoch + 1 + Math.min(strikes, limits.maxAbsenceEpochs);
    state.mixers.update(mixer, { strikes, ...(lost.has(mixer) ? { seatFrom } : {}) });
    events.push({ type: 'roleAbsent', kind: 'mixer', role: mixer });
  }
  for (const [role, row] of [...state.oracles].entries()) {
    if (!isAbsent(row) || row.seenUntil === 0) continue;
    state.oracles.update(role, { strikes: row.strikes + 1, seenUntil: 0 });
    events.push({ type: 'roleAbsent', kind: 'oracle', role });
  }
  return events;
}

function update(state: LedgerState, kind: PresentKind, role: number, change: Pick<RoleRow, 'seenUntil'>): void {
  if (kind === 'mixer') state.mixers.update(role, change);
  else state[`${kind}s`].update(role, change);
}
