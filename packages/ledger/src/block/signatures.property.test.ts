import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { act } from '../testing/random.fixture.ts';
import { mixerTerms } from '../testing/roles.fixture.ts';
import { realKeys, World } from '../testing/world.fixture.ts';
import { type BlockInput, Ledger } from './ledger.ts';
import { trusting } from './replay.ts';
import { restsOnFalseSignature } from './signatures.ts';

const blocks = fc.array(fc.array(act, { maxLength: 6 }), { minLength: 10, maxLength: 40, size: 'max' });

describe('a block that was applied by a verifier that trusts', () => {
  it('leads to another state only where its results say that a signature did not hold', () => {
    const seen = { same: 0, other: 0, codes: new Set<string>() };
    fc.assert(
      fc.property(blocks, (acts) => {
        const world = new World({ params: { epochBlocks: 8 } }).populate();
        for (const each of acts) {
          const twin = Ledger.fromSnapshot(world.ledger.snapshot());
          const { height, timeMs } = world.state.globals;
          const transactions = each.flatMap((one) => one(world));
          const block: BlockInput = {
            height: height + 1,
            timeMs: timeMs + world.state.params.blockTimeMs,
            transactions,
          };
          const result = world.block(...transactions);
          const codes = result.transactions.map(({ code }) => code);
          const rests = restsOnFalseSignature({ codes, events: result.events });
          const isSame = Buffer.compare(twin.applyBlock(block, trusting).stateRoot, result.stateRoot) === 0;
          seen[isSame ? 'same' : 'other'] += 1;
          if (!isSame) expect(rests, codes.join(' ')).toBe(true);
          if (!isSame) for (const code of codes) seen.codes.add(code);
        }
      }),
      { numRuns: 20 },
    );
    expect(Math.min(seen.same, seen.other)).toBeGreaterThan(0);
    expect([...seen.codes]).toEqual(expect.arrayContaining(['BAD_SIGNATURE']));
  }, 60_000);

  it('counts a proof of possession that does not hold', () => {
    const world = new World({ keys: realKeys });
    const twin = Ledger.fromSnapshot(world.ledger.snapshot());
    const { possession } = world.committeeKey('stranger4');
    const transaction = world.tx('payer', 'registerMixer', mixerTerms(world, { possession }));
    const { height, timeMs } = world.state.globals;
    const block = { height: height + 1, timeMs: timeMs + world.state.params.blockTimeMs, transactions: [transaction] };
    const { transactions, events, stateRoot } = world.block(transaction);
    const codes = transactions.map(({ code }) => code);
    expect([codes, restsOnFalseSignature({ codes, events })]).toEqual([['BAD_POSSESSION'], true]);
    expect(twin.applyBlock(block, trusting).stateRoot).not.toEqual(stateRoot);
  });
});
