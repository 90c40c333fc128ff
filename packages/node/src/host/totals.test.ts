import { Block, type LedgerEvent } from '@assay/protocol';
import { sha256 } from '@assay/ssz';
import { expect, it } from 'vitest';
import { newDirectory } from '../store/directory.fixture.ts';
import { openStore } from '../store/store.ts';
import { TotalsView } from './totals.ts';

it('counts audits without a result beside those that failed', async () => {
  const store = await openStore({ dir: await newDirectory(), genesisHash: sha256(Uint8Array.of(1)) });
  const totals = new TotalsView(store);
  const rejected = (reason: 'soft' | 'hard' | 'noResult' | 'outlier'): LedgerEvent => ({
    type: 'taskRejected',
    taskId: new Uint8Array(32),
    reason,
    refundedUnits: 1n,
  });
  const events = [rejected('soft'), rejected('hard'), rejected('noResult'), rejected('outlier')];
  const result = { height: 1, stateRoot: new Uint8Array(32), transactions: [], events };
  totals.onBlock({ block: Block.defaultValue(), root: new Uint8Array(32), result });
  expect(totals.totals).toMatchObject({ rejected: 4, audited: 3, failed: 2, noResult: 1, refundedUnits: 4n });
  await store.close();
});
