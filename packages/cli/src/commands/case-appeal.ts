import { z } from 'zod';
import { defineCommand, type Invocation } from '../command.ts';
import { CliError } from '../failures.ts';
import { refTo } from '../inputs.ts';
import { keysThat, openCasesOf } from '../open-cases.ts';
import { outcomeLines, submit, txOutcome } from '../tx/outcome.ts';

export const caseAppealCommand = defineCommand({
  name: 'case appeal',
  summary: 'Have the foundation decide about a fine that is due; leaves a bond, which goes back unless it is taken.',
  arguments: [{ syntax: '<case>', description: 'its number, as `assay case list --open` shows it' }],
  options: [{ syntax: '--from <KEY>', description: 'the key that signs (default: the one that owns the stake)' }],
  input: z.object({ case: refTo('The case', 'cases'), from: z.string().optional() }),
  output: txOutcome,
  run: async (invocation) => {
    const { case: number } = invocation.input;
    const from = invocation.input.from ?? (await ownerKey(invocation, number));
    return submit(invocation, ['appealCase', { case: number }], { from, feeUnits: undefined, dryRun: false });
  },
  print: (outcome, { case: number, from }) => [
    ...outcomeLines(outcome, from ?? 'its owner'),
    `\`assay case show ${number}\` says until when the foundation decides.`,
  ],
});

/** The key of the data directory that owns the stake of an open case. Throws CliError where there is none. */
async function ownerKey({ client, dataDir, environment }: Invocation<unknown>, number: number): Promise<string> {
  const row = (await openCasesOf(client())).find(({ id }) => id === number);
  if (row === undefined) {
    throw new CliError('notFound', `There is no undecided case ${number}; \`assay case list --open\` shows them.`);
  }
  const [name] = await keysThat((address) => address === row.owner, { dataDir, environment });
  if (name !== undefined) return name;
  throw new CliError(
    'notFound',
    `${dataDir} has no key of ${row.owner}, who owns the stake; --data names where keys are.`,
  );
}
