import type { HoldingRow, Params, Payout } from '@assay/protocol';
import { apportion } from '../arithmetic/apportion.ts';
import { ALL_BPS } from '../arithmetic/integers.ts';
import { itemAt } from '../arithmetic/invariant.ts';

/** What one account gets of a model's royalties, by its shares and by what it backs. */
export interface HolderPart {
  readonly holder: Uint8Array;
  readonly shareUnits: bigint;
  readonly backerUnits: bigint;
}

/** Backers share the revenue of a model; what is minted for its use is its shareholders' alone (economics §2.5). */
export function backersBpsOf({ models }: Pick<Params, 'models'>, source: Payout['source']): number {
  return source === 'revenue' ? models.backersBps : 0;
}

/**
 * Divides a model's royalties: the backers' part by what each backs, the rest by shares; all by shares while nobody
 * backs it (economics §2.4, §2.5). `holdings` are those of the model.
 */
export function holderParts(
  holdings: readonly Readonly<HoldingRow>[],
  units: bigint,
  backersBps: number,
): readonly HolderPart[] {
  const isBacked = holdings.some((row) => row.backingUnits > 0n);
  const bps = isBacked ? backersBps : 0;
  const [sharesUnits = 0n, backersUnits = 0n] = apportion(units, [BigInt(ALL_BPS - bps), BigInt(bps)]);
  const byShares = apportion(
    sharesUnits,
    holdings.map(({ shares }) => BigInt(shares)),
  );
  const byBacking = apportion(
    backersUnits,
    holdings.map(({ backingUnits }) => backingUnits),
  );
  return holdings.map(({ holder }, index) => ({
    holder,
    shareUnits: itemAt(byShares, index),
    backerUnits: itemAt(byBacking, index),
  }));
}
