import { formatUnits } from '@assay/client';
import { type DryRun, dryRun } from '@assay/explain/gov/dry-run';
import { settingOption } from '@assay/explain/gov/settings';
import { table } from '@assay/explain/table';
import { addressText } from '@assay/protocol';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { withHistory } from '../history.ts';
import { refTo, wholeNumber } from '../inputs.ts';

const totals = z.object({ mintedUnits: z.string(), revenueUnits: z.string(), burnedUnits: z.string() });

export const govDryRunCommand = defineCommand({
  name: 'gov dry-run',
  summary: 'Replay the last epochs under a change: who would have earned what.',
  arguments: [],
  options: [
    { syntax: '--set <PATH=VALUE...>', description: 'a parameter and its value; may be given more than once' },
    { syntax: '--proposal <N>', description: 'what a proposal asks for, by its number in `assay gov list`' },
    { syntax: '--epochs <N>', description: 'how many closed epochs (default 1)' },
    { syntax: '--fast', description: 'do not check signatures while replaying' },
  ],
  input: z
    .object({
      set: settingOption,
      proposal: refTo('--proposal', 'proposals').optional(),
      epochs: wholeNumber('--epochs', { min: 1, max: 1_000_000 }).default(1),
      fast: z.boolean().default(false),
    })
    .refine(({ set, proposal }) => set.length > 0 || proposal !== undefined, {
      error: 'Name a change, as in --set audit.floorPpb=50000000 or --proposal 3.',
    }),
  output: z.object({
    fromEpoch: z.int(),
    toEpoch: z.int(),
    earnings: z.array(
      z.object({
        account: z.string(),
        as: z.string(),
        beforeUnits: z.string(),
        afterUnits: z.string(),
        differenceUnits: z.string(),
      }),
    ),
    before: totals,
    after: totals,
    /** Transactions whose result the change alters. */
    otherResults: z.int(),
  }),
  run: (invocation) => {
    const { set: settings, fast, ...asked } = invocation.input;
    return withHistory(invocation, async (history) =>
      answerOf(await dryRun(history, { settings, ...asked }, { fast })),
    );
  },
  print: ({ fromEpoch, toEpoch, earnings, before, after, otherResults }) => [
    fromEpoch === toEpoch ? `Epoch ${toEpoch}, in units` : `Epochs ${fromEpoch} to ${toEpoch}, in units`,
    ...table(
      ['account', 'earned as', 'as it was', 'with the change', 'difference'],
      [
        ...earnings.map(({ account, as, ...row }) => [account, as, ...amounts(row.beforeUnits, row.afterUnits)]),
        ['in all', 'minted', ...amounts(before.mintedUnits, after.mintedUnits)],
        ['in all', 'revenue', ...amounts(before.revenueUnits, after.revenueUnits)],
        ['in all', 'burned', ...amounts(before.burnedUnits, after.burnedUnits)],
      ],
    ),
    otherResults === 0
      ? 'Every transaction of these epochs has the same result with the change.'
      : `${otherResults} transactions of these epochs have another result with the change.`,
  ],
});

function answerOf({ earnings, before, after, ...run }: DryRun) {
  return {
    ...run,
    earnings: earnings.map(({ account, as, beforeUnits, afterUnits }) => ({
      account: as === 'treasury' ? as : addressText(account),
      as,
      beforeUnits: String(beforeUnits),
      afterUnits: String(afterUnits),
      differenceUnits: String(afterUnits - beforeUnits),
    })),
    before: textOf(before),
    after: textOf(after),
  };
}

const textOf = ({ mintedUnits, revenueUnits, burnedUnits }: DryRun['before']) => ({
  mintedUnits: String(mintedUnits),
  revenueUnits: String(revenueUnits),
  burnedUnits: String(burnedUnits),
});

const amounts = (before: string, after: string): string[] =>
  [BigInt(before), BigInt(after), BigInt(after) - BigInt(before)].map(formatUnits);
