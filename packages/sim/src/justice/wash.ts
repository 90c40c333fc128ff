import { devnetParams } from '@assay/node/devnet/genesis';

/** Parts of a price that are burned and that the miner gets, in the default domain with the default royalty. */
const split = { burn: 0.05, miner: 0.75 } as const;
const bps = 10_000;

/** Somebody buys from the network what its own miner serves. */
export interface SelfDealing {
  /** The miner's part of all draws, and of what measured capacity is paid. */
  readonly capacity: number;
  /** Whether its own traffic is all steered to it, or drawn like everybody's. */
  readonly isSteered: boolean;
  /** Whether the bootstrap goes on: what work mints is then taken from what pays capacity. */
  readonly isBootstrap: boolean;
}

/**
 * What a base unit of fees for one's own traffic brings back, less the unit itself and before what the work costs
 * (economics §7): whatever part of all traffic it is, since what is minted is bounded task by task. It is less when
 * the schedule has less than that.
 */
export function selfDealingReturn({ capacity, isSteered, isBootstrap }: SelfDealing): number {
  const { wash, stacks } = devnetParams;
  const minted = (split.burn * wash.mintOfBurnBps * stacks.minersBps) / bps ** 2;
  const served = isSteered ? 1 : capacity;
  return served * (split.miner + minted) - (isBootstrap ? capacity * minted : 0) - 1;
}

/** The same for who has every role and all capacity: only what is burned and not minted again is lost. */
export function wholeReturn(isBootstrap: boolean): number {
  const { wash, stacks } = devnetParams;
  // In the bootstrap its miners' part is taken from what its capacity is paid, and security is paid by the schedule.
  const mintedBps = isBootstrap ? stacks.creatorsBps + stacks.gatewaysBps : bps;
  const ofBurn = (wash.mintOfBurnBps * mintedBps) / bps ** 2;
  return split.burn * (ofBurn - 1);
}
