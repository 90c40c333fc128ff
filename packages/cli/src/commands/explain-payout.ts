import { explanationLines, onChain } from '@assay/explain/explanation';
import { explainPayout, PayoutExplanation } from '@assay/explain/payout';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { addressNamed } from '../data-keys.ts';
import { withHistory } from '../history.ts';
import { accountName, wholeNumber } from '../inputs.ts';

export const explainPayoutCommand = defineCommand({
  name: 'explain payout',
  summary: 'Where every base unit comes from that an account got at the end of an epoch.',
  arguments: [
    { syntax: '<account>', description: 'assay1…, or the name of a key' },
    { syntax: '<epoch>', description: 'a closed epoch' },
  ],
  options: [{ syntax: '--fast', description: 'do not check signatures while replaying' }],
  input: z.object({
    account: accountName,
    epoch: wholeNumber('The epoch', { min: 0, max: 2 ** 32 - 1 }),
    fast: z.boolean().default(false),
  }),
  output: PayoutExplanation,
  run: async (invocation) => {
    const { account, epoch, fast } = invocation.input;
    const asked = { account: await addressNamed(account, invocation), epoch };
    return withHistory(invocation, async (history) =>
      onChain(history, fast, await explainPayout(history, asked, { fast })),
    );
  },
  print: explanationLines,
});
