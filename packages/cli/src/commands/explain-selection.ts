import { explanationLines, onChain } from '@assay/explain/explanation';
import { explainSelection, SelectionExplanation } from '@assay/explain/selection';
import { fromHex } from '@assay/ssz';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { withHistory } from '../history.ts';
import { taskId } from '../inputs.ts';

export const explainSelectionCommand = defineCommand({
  name: 'explain selection',
  summary: 'Why this miner served a task: its ticket and class, who could be drawn, weights, lots and ranks.',
  arguments: [{ syntax: '<task>', description: 'task id' }],
  options: [{ syntax: '--fast', description: 'do not check signatures while replaying' }],
  input: z.object({ task: taskId, fast: z.boolean().default(false) }),
  output: SelectionExplanation,
  run: (invocation) => {
    const { task, fast } = invocation.input;
    return withHistory(invocation, async (history) =>
      onChain(history, fast, await explainSelection(history, fromHex(task) ?? new Uint8Array(), { fast })),
    );
  },
  print: explanationLines,
});
