import { apportion, type ClosedBooks } from '@assay/ledger';
import type { Ref } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';

/** A miner's units by who gets them; without delegations the stakers' part is the owner's (economics §2.3). */
export function minerParts(books: ClosedBooks, units: bigint, miner: Ref<'miners'>) {
  const { split, delegatedUnits } = books.miners.at(miner);
  const bps = [split.operatorBps, split.ownerBps, split.stakersBps].map(BigInt);
  const [operatorUnits = 0n, ownerUnits = 0n, stakersUnits = 0n] = apportion(units, bps);
  if (delegatedUnits > 0n) return { operatorUnits, ownerUnits, stakersUnits };
  return { operatorUnits, ownerUnits: ownerUnits + stakersUnits, stakersUnits: 0n };
}

/** What one staker gets of the amounts a miner was paid: the stakers' parts together, divided by stake. */
export function stakerShare(
  books: ClosedBooks,
  { amounts, miner, staker }: { amounts: readonly bigint[]; miner: Ref<'miners'>; staker: Uint8Array },
) {
  const stakersUnits = amounts.reduce((sum, units) => sum + minerParts(books, units, miner).stakersUnits, 0n);
  const rows = [...books.delegations].filter((row) => row.miner === miner);
  const stakes = rows.map((row) => row.stakeUnits);
  const index = rows.findIndex((row) => equalBytes(row.staker, staker));
  return {
    stakersUnits,
    ownStakeUnits: stakes[index] ?? 0n,
    allStakeUnits: stakes.reduce((sum, units) => sum + units, 0n),
    units: apportion(stakersUnits, stakes)[index] ?? 0n,
  };
}
