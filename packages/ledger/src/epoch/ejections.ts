import { type LedgerEvent, type MinerRow, noModel, type Ref } from '@assay/protocol';
import { PPB } from '../arithmetic/integers.ts';
import { openCase, openEjections } from '../cases/cases.ts';
import { EJECTION_MILLI, HARD_EVIDENCE } from '../standing/standing.ts';
import { isGone } from '../state/roles.ts';
import type { LedgerState } from '../state/state.ts';
import { freeze } from './cases.ts';
import { type SharedCause, type Suspect, sharedCauses, suspectsOf } from './shared-causes.ts';

/** Deregisters the miners whose scores were weak for too many periods in a row (economics §4.7). */
export function removeWeak(state: LedgerState): LedgerEvent[] {
  const { belowPpb, removeAfter } = state.params.weak;
  if (belowPpb === 0 || removeAfter === 0) return [];
  const events: LedgerEvent[] = [];
  for (let miner = 0; miner < state.miners.length; miner++) {
    const { weakPeriods, status } = state.miners.at(miner);
    if (weakPeriods < removeAfter || isGone({ status })) continue;
    state.miners.update(miner, { status: 'deregistered', statusHeight: state.globals.height });
    events.push({ type: 'minerRemoved', miner, weakPeriods });
  }
  return events;
}

/**
 * Opens a case about each miner whose audits are evidence enough to eject it (verification §4.5), and holds the miner
 * until it is decided. Where the evidence is in doubt (§10.8, §10.15) the penalties freeze, and it goes on working.
 */
export function holdMiners(state: LedgerState): LedgerEvent[] {
  const open = openEjections(state);
  const reaching: number[] = [];
  for (let miner = 0; miner < state.miners.length; miner++) {
    if (isSuspect(state.miners.at(miner)) && !open.has(miner)) reaching.push(miner);
  }
  if (reaching.length === 0) return [];
  const suspects = suspectsOf(state, [...open.keys(), ...reaching]);
  const shared = sharedCauses(state, suspects);
  const doubted = new Set([...doubtedMiners(state), ...shared.flatMap((cause) => cause.miners)]);
  const events = suspects.flatMap((suspect) =>
    open.has(suspect.miner) ? [] : openEjection(state, suspect, doubted.has(suspect.miner)),
  );
  return [...events, ...shared.map((cause) => freezeShared(state, cause, suspects))];
}

function isSuspect({ cusumMilli, status }: Pick<MinerRow, 'cusumMilli' | 'status'>): boolean {
  return cusumMilli >= EJECTION_MILLI && status !== 'ejected';
}

/** §10.8 The miners whose failures of an epoch were frozen with those of others. */
function doubtedMiners({ cases }: LedgerState): Ref<'miners'>[] {
  return [...cases].flatMap(({ isFrozen, status, role }) => (isFrozen && status === 'review' ? [role] : []));
}

/** §10.16, economics §6.8 A part of the collateral is held by the case, and the rest stays where it is meanwhile. */
function openEjection(state: LedgerState, suspect: Suspect, isDoubted: boolean): LedgerEvent[] {
  const { miner } = suspect;
  const { cusumMilli, hardFailures, collateralUnits, status } = state.miners.at(miner);
  const { ejectionSlashPpb, ejectionReturnPpb } = state.params.cases;
  const isHard = hardFailures >= HARD_EVIDENCE;
  const slashPpb = isHard ? BigInt(ejectionSlashPpb) : PPB - BigInt(ejectionReturnPpb);
  const proposedUnits = (collateralUnits * slashPpb) / PPB;
  const fined = { kind: 'miner' as const, role: miner };
  const matter = { subject: new Uint8Array(32), model: noModel, priceUnits: null, finders: [] };
  const { flaw } = suspect;
  const common = suspect.payer === null ? { flaw } : { flaw, payer: suspect.payer };
  const charge = { ...fined, ...matter, ...common, proposedUnits, priorStatus: status };
  const opened = openCase(state, { cause: 'ejection', ...charge });
  const index = state.cases.length - 1;
  if (isDoubted) freeze(state, index);
  else state.miners.update(miner, { status: 'held', statusHeight: state.globals.height });
  const evidence = { case: state.cases.at(index).id, cusumMilli, hardFailures };
  return [...opened, { type: 'minerHeld', miner, ...evidence, isFrozen: isDoubted }];
}

/** §10.15 Leaves what has one cause to the foundation; who was held for it alone goes on working until then. */
function freezeShared(state: LedgerState, cause: SharedCause, suspects: readonly Suspect[]): LedgerEvent {
  const ejections = openEjections(state);
  const indexes = suspects
    .filter(({ miner }) => cause.miners.includes(miner))
    .flatMap(({ miner, evidence }) => {
      const ejection = ejections.get(miner);
      return ejection === undefined ? evidence : [...evidence, ejection];
    });
  for (const index of indexes) freeze(state, index);
  for (const miner of cause.miners) {
    const ejection = ejections.get(miner);
    if (ejection === undefined || state.miners.at(miner).status !== 'held') continue;
    const { priorStatus } = state.cases.at(ejection);
    state.miners.update(miner, { status: priorStatus, statusHeight: state.globals.height });
  }
  return {
    type: 'penaltiesFrozen',
    shared: cause.shared,
    model: cause.model,
    failing: cause.miners.length,
    miners: cause.among,
    cases: indexes.map((index) => state.cases.at(index).id),
  };
}
