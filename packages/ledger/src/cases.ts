import {
  type AuditRow,
  auditorStates,
  type CaseRow,
  caseStatuses,
  equalBytes,
  type Params,
  stakeKinds,
  type TaskRow,
} from '@assay/protocol';
import { apportion } from './apportion.ts';
import { capped, MAX_UNITS, PPB } from './integers.ts';
import { priceOf } from './receipts.ts';
import type { LedgerEvent } from './result.ts';
import { setStake, stakeKindOf, stakeOf } from './stakes.ts';
import type { LedgerState, LedgerView } from './state.ts';
import { opinionOf } from './verdict.ts';

const NOBODY = new Uint8Array(20);

/**
 * The fine for one confirmed failure before its caps, φ = factor · gain / (floor audit rate · detection) (economics
 * §6.3): linear in the price, so that no number of cheated tasks comes cheaper than another.
 */
export function proposedFine(priceUnits: bigint, { cases, audit }: Pick<Params, 'cases' | 'audit'>): bigint {
  const caught = BigInt(audit.floorPpb) * BigInt(cases.detectionPpb);
  if (caught === 0n) return 0n;
  return capped((priceUnits * BigInt(cases.factorPpb) * BigInt(cases.gainPpb)) / caught, MAX_UNITS);
}

/** Opens a case against the miner of a task whose audit confirmed a failure; none when nothing could be taken. */
export function openFailureCase(state: LedgerState, audit: Readonly<AuditRow>, task: Readonly<TaskRow>): LedgerEvent[] {
  const kind = stakeKinds.miner;
  const { cases } = state.params;
  const priceUnits = state.sessions.at(task.session).isBackground
    ? priceOf(state.models.at(task.model), task)
    : task.priceUnits;
  const proposedUnits = proposedFine(priceUnits, state.params);
  const fineUnits = capped(proposedUnits, roomOf(state, kind, task.miner));
  if (fineUnits === 0n) return [];
  const { epoch, timeMs } = state.globals;
  moveStake(state, { kind, role: task.miner }, -fineUnits);
  const { foundationReview, reviewEpochs, appealEpochs } = cases;
  const index = state.cases.push({
    ...{ kind, role: task.miner, taskId: task.taskId, model: task.model, openedMs: timeMs, openedEpoch: epoch },
    deadlineEpoch: epoch + (foundationReview ? reviewEpochs : appealEpochs),
    status: foundationReview ? caseStatuses.review : caseStatuses.pending,
    ...{ proposedUnits, heldUnits: fineUnits, fineUnits, finders: findersOf(state, audit, task) },
    ...{ approvals: [], refusals: [], isFrozen: false, appellant: NOBODY, bondUnits: 0n },
  });
  const { taskId, miner } = task;
  return [{ type: 'caseOpened', case: index, miner, taskId, priceUnits, proposedUnits, heldUnits: fineUnits }];
}

/** economics §6.4 What one more case may take of a stake: a part of it, and a part of it a day. */
function roomOf(state: LedgerView, kind: number, role: number): bigint {
  const { incidentCapPpb, dailyCapPpb } = state.params.cases;
  const units = stakeOf(state, stakeKindOf(kind), role)?.units ?? 0n;
  const taken = takenToday(state, kind, role);
  const incident = (units * BigInt(incidentCapPpb)) / PPB;
  const day = ((units + taken) * BigInt(dailyCapPpb)) / PPB - taken;
  return day > 0n ? capped(incident, day) : 0n;
}

/** Cases are in the order of their time: the last day's are at the end. */
function takenToday(state: LedgerView, kind: number, role: number): bigint {
  const since = state.globals.timeMs - state.params.rewards.dayMs;
  let units = 0n;
  for (let index = state.cases.length - 1; index >= 0; index--) {
    const row = state.cases.at(index);
    if (row.openedMs <= since) break;
    const counts = row.kind === kind && row.role === role && row.status !== caseStatuses.dismissed;
    if (counts) units += row.fineUnits;
  }
  return units;
}

/** The auditors whose numbers say that the answer was not what it claims to be. */
function findersOf(state: LedgerView, { auditors }: Readonly<AuditRow>, task: Readonly<TaskRow>): Uint8Array[] {
  const { t1ThresholdPpb } = state.models.at(task.model);
  return auditors
    .filter((slot) => slot.state === auditorStates.revealed)
    .filter(({ numbers }) => !['pass', 'noResult'].includes(opinionOf(numbers, t1ThresholdPpb)))
    .map(({ validator }) => state.validators.at(validator).account);
}

/** economics §4.3 What undecided cases hold of the miners' collateral, by miner. */
export function heldOfMiners({ cases }: Pick<LedgerView, 'cases'>): ReadonlyMap<number, bigint> {
  const held = new Map<number, bigint>();
  for (const { kind, role, heldUnits } of cases) {
    if (kind === stakeKinds.miner && heldUnits > 0n) held.set(role, (held.get(role) ?? 0n) + heldUnits);
  }
  return held;
}

/** Takes the fine: a part to those who found the failure, the rest burned, and an appeal's bond with it (§10.7). */
export function executeCase(state: LedgerState, index: number): LedgerEvent {
  const { heldUnits, bondUnits, finders } = state.cases.at(index);
  const share = finders.length === 0 ? 0n : (heldUnits * BigInt(state.params.cases.rewardPpb)) / PPB;
  const parts = apportion(
    share,
    finders.map(() => 1n),
  );
  for (const [place, finder] of finders.entries()) state.credit(finder, parts[place] ?? 0n);
  const burnedUnits = heldUnits - share + bondUnits;
  state.setGlobals({ burnedUnits: state.globals.burnedUnits + burnedUnits });
  state.cases.update(index, { status: caseStatuses.executed, heldUnits: 0n, bondUnits: 0n });
  return { type: 'caseExecuted', case: index, fineUnits: heldUnits, rewardUnits: share, burnedUnits };
}

/** Gives back what was held, and the bond of an appeal. */
export function dismissCase(state: LedgerState, index: number): LedgerEvent {
  const row = state.cases.at(index);
  moveStake(state, row, row.heldUnits);
  if (row.bondUnits > 0n) state.credit(row.appellant, row.bondUnits);
  state.cases.update(index, { status: caseStatuses.dismissed, heldUnits: 0n, bondUnits: 0n });
  return { type: 'caseDismissed', case: index, returnedUnits: row.heldUnits };
}

function moveStake(state: LedgerState, { kind, role }: Pick<CaseRow, 'kind' | 'role'>, units: bigint): void {
  const name = stakeKindOf(kind);
  const stake = stakeOf(state, name, role);
  if (name === undefined || stake === undefined) throw new RangeError(`a case names no stake: ${kind}, ${role}`);
  setStake(state, name, role, stake.units + units);
}

/** Whether an address is of the foundation (§10.6). */
export function isFoundation({ params }: LedgerView, address: Uint8Array): boolean {
  return params.cases.foundation.some((member) => equalBytes(member, address));
}
