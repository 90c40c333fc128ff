import type { Epoch } from '@assay/client';
import { describe, expect, it } from 'vitest';
import { incomeOf } from './income.ts';

type Payout = Epoch['payouts'][number];
const payout = (change: Partial<Payout>): Payout => ({
  account: 'assay1',
  source: 'revenue',
  stack: 'miners',
  kind: 'miner',
  role: 3,
  units: '10',
  ...change,
});

describe('what a miner was paid §20.6.1', () => {
  it('is what its operator and owner got, with the least and the most of the epochs', () => {
    const others = [payout({ role: 4 }), payout({ kind: 'staker' }), payout({ kind: 'mixer' })];
    const epochs = [
      { epoch: 8, payouts: [payout({}), payout({ account: 'owner', source: 'emission', units: '7' }), ...others] },
      { epoch: 6, payouts: others },
      { epoch: 7, payouts: [payout({ units: '9007199254740993' })] },
    ];
    expect(incomeOf(3, epochs)).toEqual({
      epochs: [
        { epoch: 6, units: 0n },
        { epoch: 7, units: 9_007_199_254_740_993n },
        { epoch: 8, units: 17n },
      ],
      leastUnits: 0n,
      mostUnits: 9_007_199_254_740_993n,
    });
  });

  it('is not known before an epoch is settled', () => {
    expect(incomeOf(3, [])).toBeNull();
  });
});
