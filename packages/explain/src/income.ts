import type { Epoch } from '@assay/client';

/** What settled epochs paid a miner's operator and owner, base units; what they will pay nobody knows. */
export interface Income {
  /** In rising order. */
  readonly epochs: readonly { readonly epoch: number; readonly units: bigint }[];
  readonly leastUnits: bigint;
  readonly mostUnits: bigint;
}

/** What a miner was paid in settled epochs; null without any. Its stakers' part is theirs. */
export function incomeOf(miner: number, settled: readonly Pick<Epoch, 'epoch' | 'payouts'>[]): Income | null {
  const epochs = settled
    .map(({ epoch, payouts }) => {
      const own = payouts.filter(({ kind, role }) => kind === 'miner' && role === miner);
      return { epoch, units: own.reduce((sum, { units }) => sum + BigInt(units), 0n) };
    })
    .toSorted((a, b) => a.epoch - b.epoch);
  const bySize = epochs.map(({ units }) => units).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const [leastUnits, mostUnits] = [bySize[0], bySize.at(-1)];
  return leastUnits === undefined || mostUnits === undefined ? null : { epochs, leastUnits, mostUnits };
}
