import { AuditExplanation, explainAudit } from '@assay/explain/audit';
import { explanationLines, onChain } from '@assay/explain/explanation';
import { fromHex } from '@assay/ssz';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { withHistory } from '../history.ts';
import { taskId } from '../inputs.ts';

export const explainAuditCommand = defineCommand({
  name: 'explain audit',
  summary: 'Why a task was audited or not, by whom, with which numbers, and what followed.',
  arguments: [{ syntax: '<task>', description: 'task id' }],
  options: [{ syntax: '--fast', description: 'do not check signatures while replaying' }],
  input: z.object({ task: taskId, fast: z.boolean().default(false) }),
  output: AuditExplanation,
  run: (invocation) => {
    const { task, fast } = invocation.input;
    return withHistory(invocation, async (history) =>
      onChain(history, fast, await explainAudit(history, fromHex(task) ?? new Uint8Array(), { fast })),
    );
  },
  print: explanationLines,
});
