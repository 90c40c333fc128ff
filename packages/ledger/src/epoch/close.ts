import type { LedgerEvent, Params } from '@assay/protocol';
import { epochBeaconOf } from '../draw/epoch-beacon.ts';
import { beginTurns, settleTurns } from '../draw/turns.ts';
import { endingPeriod } from '../state/period.ts';
import type { LedgerState } from '../state/state.ts';
import { freezePenalties, settleCases } from './cases.ts';
import { applyChanges } from './changes.ts';
import { chooseCommittee } from './committee.ts';
import { holdMiners, removeWeak } from './ejections.ts';
import { openForfeits } from './forfeits.ts';
import { beginPeriod } from './next-period.ts';
import { updatePowers } from './powers.ts';
import { settleProposals } from './proposals.ts';
import { pruneRetiredKeys } from './prune.ts';
import { closeSessions } from './sessions.ts';
import { Settlement } from './settlement.ts';
import { releaseDeregistered, releaseUnbonding } from './unbonding.ts';

/** Whether a block is the last of its epoch (§2.1). */
export function endsEpoch({ epochBlocks }: Pick<Params, 'epochBlocks'>, height: number): boolean {
  return height % epochBlocks === epochBlocks - 1;
}

/**
 * Ends the epoch that `globals` is in and begins the next, in the fixed order of §2.3; what takes a row for every miner
 * or task is left to the settlement it gives.
 */
export function closeEpoch(state: LedgerState, events: LedgerEvent[]): Settlement {
  events.push(...freezePenalties(state), ...holdMiners(state), ...removeWeak(state), ...settleTurns(state));
  events.push(...openForfeits(state, endingPeriod(state) !== null));
  state.retainDelegations();
  state.retainHoldings();
  const settling = state.closeBooks();
  const { books } = settling;
  const period = endingPeriod(books);
  events.push(...closeSessions(state, books.globals.height), ...releaseUnbonding(state), ...releaseDeregistered(state));
  events.push(...settleCases(state), ...settleProposals(state));
  applyChanges(state);
  events.push(updatePowers(state), ...chooseCommittee(state));
  beginEpoch(state);
  pruneRetiredKeys(state);
  if (period !== null) beginPeriod(state, period, books.params);
  beginTurns(state);
  return new Settlement(state, settling);
}

function beginEpoch(state: LedgerState): void {
  const { beacon, timeMs } = state.globals;
  const epoch = state.globals.epoch + 1;
  const epochBeacon = epochBeaconOf(beacon, epoch); // §9.2
  state.setGlobals({ epoch, epochStartMs: timeMs, epochBeacon, backgroundTokens: 0 });
}
