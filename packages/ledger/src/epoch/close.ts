import type { Params } from '@assay/protocol';
import type { LedgerEvent } from '../result.ts';
import type { LedgerState } from '../state.ts';
import { epochBeaconOf } from './beacon.ts';
import { settleCases } from './cases.ts';
import { ejectMiners } from './ejections.ts';
import { type Emission, emit } from './emission.ts';
import { updateLevels } from './levels.ts';
import { PayoutBook } from './payouts.ts';
import { beginPeriod, endingPeriod } from './period.ts';
import { updatePowers } from './powers.ts';
import { settleProposals } from './proposals.ts';
import { prune } from './prune.ts';
import { payRevenue } from './revenue.ts';
import { closeSessions } from './sessions.ts';
import { updateTrust } from './trust.ts';
import { releaseUnbonding } from './unbonding.ts';

const nothing: Emission = { mintedUnits: 0n, pools: [], scores: [] };

/** Whether a block is the last of its epoch (§2.1). */
export function endsEpoch({ epochBlocks }: Pick<Params, 'epochBlocks'>, height: number): boolean {
  return height % epochBlocks === epochBlocks - 1;
}

/**
 * Closes the epoch that `globals` is in, in the fixed order of §2.3. Verdicts were applied in the blocks that brought
 * the last number; an audit still open stays open into the next epoch and its task waits with it.
 */
export function closeEpoch(state: LedgerState): LedgerEvent[] {
  const { epoch, epochStartMs, timeMs, height } = state.globals;
  const durationMs = timeMs - epochStartMs;
  const book = new PayoutBook();
  const standing = [...updateTrust(state), ...updateLevels(state), ...ejectMiners(state)];
  const { revenueUnits, burnedUnits, pool, events: paid } = payRevenue(state, book);
  const emission = endingPeriod(state);
  const { mintedUnits, pools, scores } = emission === null ? nothing : emit(state, emission, book);
  const payouts = book.pay(state);
  const closed = closeSessions(state, height);
  const unbonded = releaseUnbonding(state);
  const decided = [...settleCases(state), ...settleProposals(state)];
  const powers = updatePowers(state);
  beginEpoch(state);
  if (emission !== null) beginPeriod(state, emission);
  prune(state, height);
  const close = {
    ...{ epoch, durationMs, emission, revenueUnits, burnedUnits, mintedUnits },
    ...{ payouts, scores, pools: [pool, ...pools] },
  };
  return [...standing, ...paid, ...closed, ...unbonded, ...decided, powers, { type: 'epochClosed', close }];
}

function beginEpoch(state: LedgerState): void {
  const { beacon, timeMs } = state.globals;
  const epoch = state.globals.epoch + 1;
  state.setGlobals({ epoch, epochStartMs: timeMs, epochBeacon: epochBeaconOf(beacon, epoch) }); // §9.2
}
