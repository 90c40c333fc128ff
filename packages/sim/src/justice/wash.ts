import { mintable, revenueParts, type Stacks, splitsOf, stacksOf } from '@assay/ledger';
import { devnetParams, devnetRoyaltyBps, devnetSplits } from '@assay/node/devnet/genesis';
import { type DomainTerms, type EmissionRate, type Params, rewardPeriods } from '@assay/protocol';

const allBps = 10_000;

/** What a network says of work that somebody buys from its own miner. */
export interface Market {
  readonly params: Params;
  readonly splits: Pick<DomainTerms, 'burnBps' | 'processorsBps' | 'validatorsBps' | 'domainBps'>;
  readonly royaltyBps: number;
}

export const defaultMarket: Market = { params: devnetParams, splits: devnetSplits, royaltyBps: devnetRoyaltyBps };

/** Somebody buys what its own miner serves, and nobody else buys anything: the most that it can win. */
export interface SelfDealing {
  /** The miner's part of all draws, and of what measured capacity is paid, ten-thousandths. */
  readonly capacityBps: number;
  /** Whether its own traffic is all steered to it, or drawn like everybody's. */
  readonly isSteered: boolean;
  /** Whether the bootstrap goes on: what work mints is then taken from what pays capacity. */
  readonly isBootstrap: boolean;
  /** What it pays in a reward period. */
  readonly feesUnits: bigint;
}

export function isGuarded({ params }: Pick<Market, 'params'>): boolean {
  return params.wash.mintOfBurnBps > 0;
}

/**
 * What a reward period brings who buys its own work, beyond what it had without, less its fees and before what the work
 * costs: by the rules that settle it (economics §2, §7).
 */
export function selfDealing(market: Market, { capacityBps, isSteered, isBootstrap, feesUnits }: SelfDealing): bigint {
  const { params } = market;
  const before = stacksAfter(market, { burnedUnits: 0n, isBootstrap });
  const servedUnits = isSteered ? feesUnits : (feesUnits * BigInt(capacityBps)) / BigInt(allBps);
  const own = partsOf(market, servedUnits);
  const after = stacksAfter(market, { burnedUnits: partsOf(market, feesUnits).burnUnits, isBootstrap });
  const scored = feesUnits === 0n ? 0n : (after.miners * servedUnits) / feesUnits;
  const most = mintable(own.burnUnits, params, params.stacks.minersBps);
  const minted = isGuarded(market) && scored > most ? most : scored;
  const capacity = ((after.capacity - before.capacity) * BigInt(capacityBps)) / BigInt(allBps);
  return own.minersUnits + minted + capacity - feesUnits;
}

/** The same for who has every role and all capacity: only what is burned is lost, and only new money is won. */
export function wholeReturn(
  market: Market,
  { isBootstrap, feesUnits }: Pick<SelfDealing, 'isBootstrap' | 'feesUnits'>,
): bigint {
  const { burnUnits: burnedUnits } = partsOf(market, feesUnits);
  const before = stacksAfter(market, { burnedUnits: 0n, isBootstrap });
  const after = stacksAfter(market, { burnedUnits, isBootstrap });
  // Without work nobody qualifies for the stacks that pay for it.
  const idle = before.capacity + before.security + before.treasury;
  const busy = Object.values(after).reduce((sum: bigint, units: bigint) => sum + units, 0n);
  return busy - idle - burnedUnits;
}

function partsOf({ params, splits, royaltyBps }: Market, priceUnits: bigint) {
  return revenueParts(priceUnits, splitsOf(splits, params.domains, royaltyBps), { royaltyBps });
}

/** What a whole reward period has for each stack when work burned so much. */
function stacksAfter(
  market: Market,
  { burnedUnits, isBootstrap }: { readonly burnedUnits: bigint; readonly isBootstrap: boolean },
): Stacks {
  const { params } = market;
  const { epochBlocks, blockTimeMs, rewards, emissionPerDayUnits: perDayUnits } = params;
  const rate: EmissionRate = {
    period: 0,
    forMs: rewards.period === rewardPeriods.day ? rewards.dayMs : epochBlocks * blockTimeMs,
    perDayUnits,
    halvings: 0,
    limitUnits: isGuarded(market) ? mintable(burnedUnits, params, allBps) : null,
    isBootstrap,
  };
  return stacksOf(rate, params);
}
