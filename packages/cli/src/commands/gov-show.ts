import { formatUnits } from '@assay/client';
import { Proposal, proposalsOf } from '@assay/explain/gov/proposals';
import { fields } from '@assay/explain/table';
import { ref } from '@assay/protocol';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { CliError } from '../failures.ts';
import { withHistory } from '../history.ts';
import { refTo } from '../inputs.ts';

export const govShowCommand = defineCommand({
  name: 'gov show',
  summary: 'One proposal: what it asks for, who proposed it, how the vote went.',
  arguments: [{ syntax: '<proposal>', description: 'its number, as `assay gov list` shows it' }],
  options: [{ syntax: '--fast', description: 'do not check signatures while replaying' }],
  input: z.object({
    proposal: refTo('The proposal', 'proposals'),
    fast: z.boolean().default(false),
  }),
  output: Proposal,
  run: (invocation) =>
    withHistory(invocation, async (history) => {
      const { proposal } = invocation.input;
      const found = (await proposalsOf(history, invocation.input))[proposal];
      if (found !== undefined) return found;
      throw new CliError(
        'notFound',
        `There is no ${ref('proposals').describe(proposal)}; \`assay gov list\` shows those there are.`,
      );
    }),
  print: ({ proposal, status, proposer, asks, endEpoch, executeEpoch, count, voters }) =>
    fields([
      ['proposal', String(proposal)],
      ['asks for', asks],
      ['proposed by', proposer],
      ['status', status],
      ['voting ends', `with epoch ${endEpoch}`],
      ['takes effect', `with the end of epoch ${executeEpoch}, if it passes`],
      ...(count === null ? [['voted so far', `${voters} accounts`] as const] : countRows(count)),
    ]),
});

function countRows(count: NonNullable<z.infer<typeof Proposal>['count']>) {
  const { yesUnits, noUnits, abstainUnits, vetoUnits, totalUnits } = count;
  const rows = { yes: yesUnits, no: noUnits, abstained: abstainUnits, veto: vetoUnits, 'could vote': totalUnits };
  return Object.entries(rows).map(([name, units]) => [name, `${formatUnits(BigInt(units))} units`] as const);
}
