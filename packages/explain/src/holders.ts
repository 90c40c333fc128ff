import { formatUnits as units } from '@assay/client';
import { backersBpsOf, type ClosedBooks, holderParts } from '@assay/ledger';
import { limits, type Payout } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import type { Step } from './explanation.ts';

/** What a holder of a model gets of its royalties, and the numbers it follows from (economics §2.4, §2.5). */
export function holderShare(
  books: ClosedBooks,
  { source, kind, role, account }: Payout,
  royalties: readonly bigint[],
): { readonly units: bigint; readonly facts: Step['facts'] } {
  const model = role ?? 0;
  const royaltyUnits = royalties.reduce((sum, amount) => sum + amount, 0n);
  const holdings = [...books.holdings].filter((row) => row.model === model);
  const own = holdings.findIndex((row) => equalBytes(row.holder, account));
  const backersBps = backersBpsOf(books.params, source);
  const parts = holderParts(holdings, royaltyUnits, backersBps);
  const backedUnits = holdings.reduce((sum, row) => sum + row.backingUnits, 0n);
  const from = `holdings of model ${model}`;
  const backersSource = source === 'revenue' ? 'params.models.backersBps' : 'backers share in revenue only';
  const { shares = 0, backingUnits = 0n } = holdings[own] ?? {};
  const facts = [
    {
      name: 'royalties',
      value: units(royaltyUnits),
      source: `${source} of model ${model}, ${royalties.length} amounts`,
    },
    { name: 'backers’ part while it has any', value: `${backersBps} of 10000`, source: backersSource },
    { name: 'shares of this account', value: `${shares} of ${limits.modelShares}`, source: from },
    { name: 'backed by this account', value: units(backingUnits), source: from },
    { name: 'backed by all', value: units(backedUnits), source: from },
  ];
  const part = parts[own];
  return { units: (kind === 'backer' ? part?.backerUnits : part?.shareUnits) ?? 0n, facts };
}
