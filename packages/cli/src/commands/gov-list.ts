import { Proposal, proposalsOf } from '@assay/explain/gov/proposals';
import { table } from '@assay/explain/table';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { withHistory } from '../history.ts';

export const govListCommand = defineCommand({
  name: 'gov list',
  summary: 'Every proposal: what it asks for and where it stands.',
  arguments: [],
  options: [{ syntax: '--fast', description: 'do not check signatures while replaying' }],
  input: z.object({ fast: z.boolean().default(false) }),
  output: z.object({ proposals: z.array(Proposal) }),
  run: (invocation) =>
    withHistory(invocation, async (history) => ({ proposals: await proposalsOf(history, invocation.input) })),
  print: ({ proposals }) =>
    proposals.length === 0
      ? ['Nothing has been proposed on this chain.']
      : table(
          ['proposal', 'status', 'voting ends with epoch', 'asks for'],
          proposals.map(({ proposal, status, endEpoch, asks }) => [String(proposal), status, String(endEpoch), asks]),
        ),
});
