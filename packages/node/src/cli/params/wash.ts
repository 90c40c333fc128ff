import { devnetParams } from '../../devnet/genesis.ts';

/** Parts of a price that are burned and that the miner gets, in the default domain with the default royalty. */
const split = { burn: 0.05, miner: 0.75 } as const;
const bps = 10_000;

/** Somebody buys from the network what its own miner serves. */
export interface SelfDealing {
  /** The miner's part of all draws. */
  readonly capacity: number;
  /** Part of the period's traffic that is its owner's own. */
  readonly own: number;
  /** Whether its own traffic is all steered to it, or drawn like everybody's. */
  readonly isSteered: boolean;
}

/**
 * What a base unit of fees for one's own traffic brings back beyond what the miner would have earned without it, less
 * the unit itself (economics §7): after the bootstrap, when all emission of the miners' stack goes by usage, which is
 * the best case for it, and before what the work costs.
 */
export function selfDealingReturn({ capacity, own, isSteered }: SelfDealing): number {
  const { wash, stacks } = devnetParams;
  const minted = (split.burn * wash.mintOfBurnBps * stacks.minersBps) / bps ** 2;
  const others = 1 - own;
  const served = isSteered ? own : capacity * own;
  const credited = Math.min(served, wash.creditFactor * capacity * own);
  const rest = (1 - capacity) * others + (isSteered ? 0 : (1 - capacity) * own);
  const share = (capacity * others + credited) / (capacity * others + credited + rest);
  const income = split.miner * (capacity * others + served) + minted * share;
  const without = (split.miner + minted) * capacity * others;
  return (income - without - own) / own;
}
