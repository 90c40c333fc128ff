import { type CaseRow, caseStatuses, noModel, roleStatuses, stakeKinds } from '@assay/protocol';
import { openCase } from '../cases.ts';
import { PPB } from '../integers.ts';
import type { LedgerEvent } from '../result.ts';
import { beginUnbonding, setStake } from '../stakes.ts';
import { EJECTION_MILLI, HARD_EVIDENCE } from '../standing.ts';
import type { LedgerState } from '../state.ts';

/** Deregisters the miners whose scores were weak for too many periods in a row (economics §4.7). */
export function removeWeak(state: LedgerState): LedgerEvent[] {
  const { belowPpb, removeAfter } = state.params.weak;
  if (belowPpb === 0 || removeAfter === 0) return [];
  const events: LedgerEvent[] = [];
  for (let miner = 0; miner < state.miners.length; miner++) {
    const { weakPeriods, status } = state.miners.at(miner);
    if (weakPeriods < removeAfter || status >= roleStatuses.deregistered) continue;
    state.miners.update(miner, { status: roleStatuses.deregistered, statusHeight: state.globals.height });
    events.push({ type: 'minerRemoved', miner, weakPeriods });
  }
  return events;
}

/**
 * Ejects the miners whose audits are evidence enough (verification §4.5), but for those whose evidence is in doubt
 * (§10.8); who is not active leaves the draws.
 */
export function ejectMiners(state: LedgerState): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  const doubted = new Set([...state.cases].filter(isDoubted).map(({ role }) => role));
  for (let miner = 0; miner < state.miners.length; miner++) {
    const { cusumMilli, status } = state.miners.at(miner);
    if (cusumMilli < EJECTION_MILLI || status === roleStatuses.ejected || doubted.has(miner)) continue;
    state.miners.update(miner, { status: roleStatuses.ejected, statusHeight: state.globals.height });
    events.push(...settleCollateral(state, miner));
  }
  return events;
}

function isDoubted({ isFrozen, status }: Readonly<CaseRow>): boolean {
  return isFrozen && status === caseStatuses.review;
}

/** economics §6.8 A part of the collateral is held by a case, the rest is on its way back to the owner (B8). */
function settleCollateral(state: LedgerState, miner: number): LedgerEvent[] {
  const { cusumMilli, hardFailures, collateralUnits } = state.miners.at(miner);
  const { ejectionSlashPpb, ejectionReturnPpb } = state.params.cases;
  const isHard = hardFailures >= HARD_EVIDENCE;
  const slashPpb = isHard ? BigInt(ejectionSlashPpb) : PPB - BigInt(ejectionReturnPpb);
  const proposedUnits = (collateralUnits * slashPpb) / PPB;
  const fined = { kind: stakeKinds.miner, role: miner };
  const matter = { subject: new Uint8Array(32), model: noModel, priceUnits: null, finders: [] };
  const opened = openCase(state, { cause: 'ejection', ...fined, ...matter, proposedUnits });
  const { owner, collateralUnits: returnedUnits } = state.miners.at(miner);
  setStake(state, 'miner', miner, 0n);
  if (returnedUnits > 0n) beginUnbonding(state, { account: owner, kind: 'miner', role: miner }, returnedUnits);
  return [{ type: 'minerEjected', miner, cusumMilli, hardFailures, returnedUnits }, ...opened];
}
