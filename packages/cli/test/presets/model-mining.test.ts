import { softFailure } from '@assay/ledger/fixture';
import { describe, expect, it } from 'vitest';
import { emitted, near, Village } from './village.fixture.ts';

const task = { tokensIn: 100, tokensOut: 200 };
const other = { ...task, session: 1, model: 1 };

function village(): Village {
  const made = new Village('model-mining');
  made.settle(2, () => ({ models: [0, 1] }));
  made.block(made.tx('otherPayer', 'openSession', made.session({ model: 1 })));
  return made;
}

describe('preset model-mining (C)', () => {
  it('pays developers 30 % of emission by the usage of their models (C2)', () => {
    const made = village();
    made.work([
      { ...task, miner: 0 },
      { ...task, miner: 1 },
      { ...other, miner: 1 },
    ]);
    const close = made.finishPeriod();
    // Three tasks of 1,000 base units burned 150, of which nine tenths may be minted.
    expect(close.emission?.limitUnits).toBe(135n);
    expect(near(emitted(close, 'creators'), (135n * 3n) / 10n)).toBe(true);
    // 1,400 VWU of the first model, 700 of the second.
    expect(near(emitted(close, 'creators', 0), (emitted(close, 'creators') * 2n) / 3n)).toBe(true);
    expect(near(emitted(close, 'creators', 1), emitted(close, 'creators') / 3n)).toBe(true);
  });

  it('times their performance (C2)', () => {
    const made = village();
    made.work([
      { ...task, miner: 0 },
      { ...other, miner: 1 },
    ]);
    made.work([{ ...other, miner: 0 }], softFailure);
    const close = made.finishPeriod();
    // Equal usage; of the second model's two audited tasks one failed: 700 and 350.
    expect(near(emitted(close, 'creators', 0), (emitted(close, 'creators') * 2n) / 3n)).toBe(true);
  });

  it('pays miners 40 %, by work alone', () => {
    const made = village();
    made.work([
      { ...task, miner: 0 },
      { ...task, miner: 1, tokensOut: 400 },
    ]);
    const close = made.finishPeriod();
    expect(near(emitted(close, 'miners'), (close.mintedUnits * 4n) / 10n)).toBe(true);
    // 700 : 1,300 VWU, whatever their speed.
    expect(near(emitted(close, 'miners', 0), (emitted(close, 'miners') * 7n) / 20n)).toBe(true);
  });
});
