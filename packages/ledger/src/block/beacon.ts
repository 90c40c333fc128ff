import { sha256 } from '@assay/ssz';
import type { LedgerState } from '../state/state.ts';

/**
 * §9.3 Turns the beacon by the reveals of a block, by mixer and sequence: their order in the block is its proposer's.
 * What the block certified or proposed waits for reveals of later blocks, so all of these count as before it.
 */
export function turnBeacon(state: LedgerState, height: number): void {
  const { beacon, reveals } = state.globals;
  const turned = state.blockReveals.toSorted((a, b) => a.mixer - b.mixer || a.sequence - b.sequence);
  state.blockReveals = [];
  const after = {
    beacon: turned.reduce((sum, { reveal }) => sha256(sum, reveal), beacon),
    reveals: reveals + turned.length,
  };
  state.setGlobals(after);
  for (let index = state.tasks.length - 1; state.tasks.get(index)?.height === height; index--) {
    if (state.tasks.at(index).reveals !== after.reveals) state.tasks.update(index, { reveals: after.reveals });
  }
  for (const index of state.proposedModels) {
    if (state.models.at(index).proposedHeight === height)
      state.models.update(index, { proposedReveals: after.reveals });
  }
}
