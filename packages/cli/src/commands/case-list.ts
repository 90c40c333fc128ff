import { formatUnits } from '@assay/client';
import { type CaseStanding, casesOf } from '@assay/explain/case-book';
import { silenceWords } from '@assay/explain/case-words';
import { table } from '@assay/explain/table';
import { addressText, CaseStatus } from '@assay/protocol';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { listKeys } from '../data-keys.ts';
import { withHistory } from '../history.ts';

const listed = z.object({
  case: z.int(),
  /** Of the block that opened it. */
  height: z.int(),
  against: z.string(),
  /** Who owns the stake; null where nobody does any more. */
  owner: z.string().nullable(),
  cause: z.string(),
  subject: z.string(),
  heldUnits: z.string(),
  status: z.enum(CaseStatus.words),
  /** While it is not decided: the epoch at whose end silence decides, and what it makes of the case. */
  deadlineEpoch: z.int().nullable(),
  silence: z.enum(['due', 'executed', 'dismissed']).nullable(),
});

export const caseListCommand = defineCommand({
  name: 'case list',
  summary: 'Every case: against whose stake, why, how much is held, where it stands, and what comes next.',
  arguments: [],
  options: [
    { syntax: '--open', description: 'only those that are not decided' },
    { syntax: '--mine', description: 'only those against stakes that a key of the data directory owns' },
    { syntax: '--fast', description: 'do not check signatures while replaying' },
  ],
  input: z.object({
    open: z.boolean().default(false),
    mine: z.boolean().default(false),
    fast: z.boolean().default(false),
  }),
  output: z.object({ cases: z.array(listed) }),
  run: async (invocation) => {
    const { input, dataDir, environment } = invocation;
    const own = input.mine ? (await listKeys(dataDir, environment)).map(({ address }) => address) : null;
    return withHistory(invocation, async (history) => {
      const all = (await casesOf(history, input)).map(rowOf);
      const isOwn = ({ owner }: z.infer<typeof listed>) => own === null || (owner !== null && own.includes(owner));
      return { cases: all.filter((one) => isOwn(one) && (!input.open || one.silence !== null)) };
    });
  },
  print: ({ cases }, { open, mine }) =>
    cases.length === 0
      ? [`There are no ${open ? 'undecided ' : ''}cases${mine ? ' against stakes of these keys' : ''}.`]
      : [
          ...table(
            ['case', 'opened', 'against', 'cause', 'held', 'status', 'next'],
            cases.map((one) => [
              ...[String(one.case), `block ${one.height}`, one.against, one.cause],
              ...[formatUnits(BigInt(one.heldUnits)), one.status, nextOf(one)],
            ]),
          ),
          '',
          '`assay case show CASE` shows what a case is about and the evidence.',
        ],
});

function rowOf({ height, opened, open, owner, status }: CaseStanding): z.infer<typeof listed> {
  const { case: number, kind, role, cause, subject, heldUnits } = opened;
  return {
    case: number,
    height,
    against: `${kind} ${role}`,
    owner: owner === null ? null : addressText(owner),
    cause,
    subject,
    heldUnits,
    status,
    deadlineEpoch: open?.row.deadlineEpoch ?? null,
    silence: open?.silence ?? null,
  };
}

function nextOf({ status, deadlineEpoch, silence }: z.infer<typeof listed>): string {
  if (deadlineEpoch === null || silence === null) return '-';
  return silenceWords({ status, silence, deadlineEpoch });
}
