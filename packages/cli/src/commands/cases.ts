import { formatUnits } from '@assay/client';
import { casesOf } from '@assay/explain/case-book';
import { table } from '@assay/explain/table';
import { CaseStatus } from '@assay/protocol';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { withHistory } from '../history.ts';

export const casesCommand = defineCommand({
  name: 'cases',
  summary: 'Every case: against whose stake, why, how much is held, and where it stands.',
  arguments: [],
  options: [{ syntax: '--fast', description: 'do not check signatures while replaying' }],
  input: z.object({ fast: z.boolean().default(false) }),
  output: z.object({
    cases: z.array(
      z.object({
        case: z.int(),
        /** Of the block that opened it. */
        height: z.int(),
        against: z.string(),
        cause: z.string(),
        subject: z.string(),
        heldUnits: z.string(),
        status: z.enum(CaseStatus.words),
      }),
    ),
  }),
  run: (invocation) =>
    withHistory(invocation, async (history) => ({
      cases: (await casesOf(history, invocation.input)).map(({ height, opened, status }) => {
        const { case: number, kind, role, cause, subject, heldUnits } = opened;
        return { case: number, height, against: `${kind} ${role}`, cause, subject, heldUnits, status };
      }),
    })),
  print: ({ cases }) =>
    cases.length === 0
      ? ['There are no cases.']
      : table(
          ['case', 'opened', 'against', 'cause', 'held', 'status', 'about'],
          cases.map((one) => [
            ...[String(one.case), `block ${one.height}`, one.against, one.cause],
            // An ejection is about the whole record, not about one task.
            ...[formatUnits(BigInt(one.heldUnits)), one.status, /^0x0*$/.test(one.subject) ? '-' : one.subject],
          ]),
        ),
});
