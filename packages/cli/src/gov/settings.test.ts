import { type Setting, settingOf, withSettings } from '@assay/explain/gov/settings';
import { devnetParams } from '@assay/node/devnet/genesis';
import { describe, expect, it } from 'vitest';

const settings = (...texts: string[]) => texts.map((text) => settingOf(text) as Setting);
const refusal = (...[given, by]: [Setting[], 'vote' | 'genesis']) => {
  try {
    withSettings(devnetParams, given, by);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
};

describe('withSettings', () => {
  it('sets for a genesis what no vote can change, and writes amounts without quotes', () => {
    const given = settings('epochBlocks=16', 'cases.foundationReview=false', 'stake.oracleMinUnits=7');
    const { params } = withSettings(devnetParams, given, 'genesis');
    expect(params).toMatchObject({
      epochBlocks: 16,
      cases: { foundationReview: false },
      stake: { oracleMinUnits: 7n },
    });
    expect(refusal(given, 'vote')).toBe('No vote could make this change: epochBlocks stays as the genesis has it.');
  });

  it.each([
    ['epochBlocks=0', 'params.epochBlocks must be above zero'],
    ['epochBlocks=-1', 'epochBlocks: '],
    ['epochBlock=16', 'there is no parameter "epochBlock"'],
    ['levels.streak=x', 'levels.streak: '],
    ['levels.streak=70000', 'levels.streak'],
    ['cases.dailyCapPpb=900000000', 'cases.dailyCapPpb must be from 0 to 300000000, not 900000000'],
    ['stacks.minersBps=1', 'params.stacks add up to 4001 basis points instead of 10,000'],
  ])('refuses %s for a genesis with a sentence', (text, sentence) => {
    expect(refusal(settings(text), 'genesis')).toContain(`No network can begin like this: ${sentence}`);
  });
});
