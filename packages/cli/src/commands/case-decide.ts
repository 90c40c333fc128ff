import { z } from 'zod';
import { defineCommand, type Invocation } from '../command.ts';
import { CliError } from '../failures.ts';
import { refTo } from '../inputs.ts';
import { isMember, keysThat, openCasesOf } from '../open-cases.ts';
import { outcomeLines, submit, txOutcome } from '../tx/outcome.ts';

const input = z
  .object({
    case: refTo('The case', 'cases'),
    fine: z.boolean().default(false),
    dismiss: z.boolean().default(false),
    from: z.string().optional(),
  })
  .refine(({ fine, dismiss }) => fine !== dismiss, { error: 'Say either --fine or --dismiss.' });

export const caseDecideCommand = defineCommand({
  name: 'case decide',
  summary: "Say as a member of the foundation whether a case's fine is taken; enough members that agree decide.",
  arguments: [{ syntax: '<case>', description: 'its number, as `assay case list --open` shows it' }],
  options: [
    { syntax: '--fine', description: 'for the fine' },
    { syntax: '--dismiss', description: 'against it: what is held goes back' },
    { syntax: '--from <KEY>', description: 'the key that signs (default: that of a member, in the data directory)' },
  ],
  input,
  output: txOutcome.extend({
    /** Present members for and against the fine; null once it is decided. */
    fine: z.int().nullable(),
    dismiss: z.int().nullable(),
    /** How many for it take the fine, and how many members there are. */
    quorum: z.int(),
    members: z.int(),
  }),
  run: async (invocation) => {
    const { case: number, fine: isFine } = invocation.input;
    const node = invocation.client();
    const params = await node.getParams();
    const before = (await openCasesOf(node)).find(({ id }) => id === number);
    const said = [...(before?.approvals ?? []), ...(before?.refusals ?? [])];
    const isAsked = (address: string) => isMember(params, address) && !said.includes(address);
    const from = invocation.input.from ?? (await memberKey(invocation, isAsked));
    const body = { case: number, isFine };
    const outcome = await submit(invocation, ['decideCase', body], { from, feeUnits: undefined, dryRun: false });
    const row = (await openCasesOf(node)).find(({ id }) => id === number);
    const count = (members: readonly string[]) => members.filter((member) => isMember(params, member)).length;
    return {
      ...outcome,
      fine: row === undefined ? null : count(row.approvals),
      dismiss: row === undefined ? null : count(row.refusals),
      quorum: params.cases.foundationQuorum,
      members: params.cases.foundation.length,
    };
  },
  print: ({ fine, dismiss, quorum, members, ...outcome }, { case: number, from }) => [
    ...outcomeLines(outcome, from ?? 'a member'),
    fine === null
      ? `Case ${number} is decided.`
      : `Case ${number}: ${fine} for the fine, ${dismiss} against it; ${quorum} of ${members} take it, ` +
        `${members - quorum + 1} against it dismiss it.`,
  ],
});

/** A key of the data directory that is a member's who has not spoken. Throws CliError where there is none. */
async function memberKey(
  { dataDir, environment }: Invocation<unknown>,
  isAsked: (address: string) => boolean,
): Promise<string> {
  const [name] = await keysThat(isAsked, { dataDir, environment });
  if (name !== undefined) return name;
  throw new CliError(
    'notFound',
    `${dataDir} has no key of a member that has not decided yet; ` +
      '`assay params show cases.foundation` lists them, and --data names where keys are.',
  );
}
