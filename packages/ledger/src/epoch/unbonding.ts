import type { LedgerEvent } from '@assay/protocol';
import { invariant } from '../arithmetic/invariant.ts';
import { setStake, stakeOf } from '../stake/stakes.ts';
import type { LedgerState } from '../state/state.ts';

/** Pays out the stake whose lock ends with the epoch that is closing (economics §6.1). */
export function releaseUnbonding(state: LedgerState): LedgerEvent[] {
  const { epoch } = state.globals;
  const events: LedgerEvent[] = [];
  for (const { account, kind, role, units, releaseEpoch } of state.unbonding) {
    if (releaseEpoch > epoch) continue;
    if (units === 0n) continue; // Taken by a fine.
    state.credit(account, units);
    events.push({ type: 'unbonded', account, kind, role, units });
  }
  state.unbonding.retain(({ releaseEpoch }) => releaseEpoch > epoch);
  return events;
}

const kinds = ['miner', 'mixer', 'oracle', 'validator', 'gateway'] as const;

interface Leaving {
  readonly kind: (typeof kinds)[number];
  readonly role: number;
}

/** Gives back the stakes of deregistered roles that nothing can reach any more (§3.4). */
export function releaseDeregistered(state: LedgerState): LedgerEvent[] {
  const leaving = kinds.flatMap((kind) => leavingOf(state, kind));
  if (leaving.length === 0) return [];
  const held = heldBack(state);
  return leaving.filter(({ kind, role }) => !held.has(`${kind}/${role}`)).flatMap((each) => release(state, each));
}

/** Those of a kind that have been gone for as long as stake is locked and a receipt may arrive. */
function leavingOf(state: LedgerState, kind: Leaving['kind']): Leaving[] {
  const { params, globals } = state;
  const { unbondingEpochs } = params.stake;
  const lockBlocks = unbondingEpochs * params.epochBlocks + params.receiptLifetimeBlocks;
  const table = state[`${kind}s`];
  const leaving: Leaving[] = [];
  for (let role = 0; role < table.length; role++) {
    const { status, statusHeight } = table.at(role);
    if (status !== 'deregistered' || statusHeight + lockBlocks > globals.height) continue;
    const stake = stakeOf(state, kind, role);
    invariant(stake !== undefined, `${kind} ${role} is not known`);
    if (stake.units > 0n) leaving.push({ kind, role });
  }
  return leaving;
}

/** Roles that an open task or an undecided case may still cost something. */
function heldBack({ tasks, cases }: LedgerState): ReadonlySet<string> {
  const held = new Set<string>();
  for (const { status, miner } of tasks)
    if (status === 'certified' || status === 'auditing') held.add(`miner/${miner}`);
  for (const { status, kind, role } of cases) {
    const isOpen = status === 'review' || status === 'pending';
    if (isOpen) held.add(`${kind}/${role}`);
  }
  return held;
}

function release(state: LedgerState, { kind, role }: Leaving): LedgerEvent[] {
  const stake = stakeOf(state, kind, role);
  if (stake === undefined) return [];
  const { owner: account, units } = stake;
  setStake(state, kind, role, 0n);
  state.credit(account, units);
  return [{ type: 'unbonded', account, kind, role, units }];
}
