import type { LedgerView } from '../state/state.ts';

/** What the books are checked by. */
type Books = Pick<LedgerView, 'globals' | 'heldUnits' | 'countHeldUnits'>;

/** Money was made or lost outside the rules. The node must stop before it acknowledges the block. */
export class ConservationError extends Error {
  override readonly name = 'ConservationError';
}

/**
 * Compares genesis + minted − burned with Σ balances + stakes + collateral + escrows + pending + pools (economics,
 * head). Counts every row; null when they agree, otherwise a sentence with the numbers.
 */
export function conservation(state: Books): string | null {
  const counted = state.countHeldUnits();
  const running = state.heldUnits();
  if (counted !== running) return `the rows hold ${counted} base units, but the running totals say ${running}`;
  return compareWithSupply(state, counted);
}

/** The same from the running totals only: cheap enough for every block. */
export function runningConservation(state: Books): string | null {
  return compareWithSupply(state, state.heldUnits());
}

function compareWithSupply(state: Books, held: bigint): string | null {
  const { genesisUnits, mintedUnits, burnedUnits, height } = state.globals;
  const supply = genesisUnits + mintedUnits - burnedUnits;
  if (supply === held) return null;
  return (
    `after block ${height} accounts, stakes, collateral, escrows, pending and pools hold ${held} base units, ` +
    `but genesis ${genesisUnits} + minted ${mintedUnits} - burned ${burnedUnits} = ${supply}`
  );
}
