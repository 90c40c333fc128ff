import type { CaseRow, Ref } from '@assay/protocol';
import { apportion } from '../arithmetic/apportion.ts';
import { itemAt } from '../arithmetic/invariant.ts';
import type { LedgerState, LedgerView } from '../state/state.ts';

/** What an epoch's end pays a miner that goes into a case instead (economics §6.7). */
export interface Forfeit {
  /** Number of the case. */
  readonly case: Ref<'cases'>;
  /** Whether the revenue goes there too: a failure earlier in the period costs its emission only. */
  readonly hasRevenue: boolean;
}

/** The forfeits that this epoch's end opened, by miner. */
export function forfeitsOf({
  cases,
  globals,
}: Pick<LedgerView, 'cases' | 'globals'>): ReadonlyMap<Ref<'miners'>, Forfeit> {
  const forfeits = new Map<Ref<'miners'>, Forfeit>();
  const failed = new Set<Ref<'miners'>>();
  for (const row of cases) {
    if (row.openedEpoch !== globals.epoch) continue;
    if (isHardFailure(row)) failed.add(row.role);
    if (row.cause === 'forfeit') forfeits.set(row.role, { case: row.id, hasRevenue: failed.has(row.role) });
  }
  return forfeits;
}

/** A confirmed hard failure of a miner that nobody doubts: neither dismissed nor frozen (§10.8). */
export function isHardFailure({ kind, cause, status, isFrozen }: Readonly<CaseRow>): boolean {
  return kind === 'miner' && cause === 'hardFailure' && status !== 'dismissed' && !isFrozen;
}

/** Pays a miner what was held of its rewards, divided as its rewards are, by the stakes of now (economics §2.3). */
export function payMiner(state: LedgerState, miner: Ref<'miners'>, units: bigint): void {
  const { operator, owner, split, delegatedUnits } = state.miners.at(miner);
  const bps = [split.operatorBps, split.ownerBps, split.stakersBps].map(BigInt);
  const [operatorUnits = 0n, ownerUnits = 0n, stakersUnits = 0n] = apportion(units, bps);
  state.credit(operator, operatorUnits);
  state.credit(owner, delegatedUnits === 0n ? ownerUnits + stakersUnits : ownerUnits);
  if (delegatedUnits === 0n) return;
  const rows = [...state.delegations].filter((row) => row.miner === miner);
  const parts = apportion(
    stakersUnits,
    rows.map((row) => row.stakeUnits),
  );
  for (const [index, { staker }] of rows.entries()) state.credit(staker, itemAt(parts, index));
}
