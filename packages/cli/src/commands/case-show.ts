import { CaseExplanation, explainCase } from '@assay/explain/case';
import { explanationLines, onChain } from '@assay/explain/explanation';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { withHistory } from '../history.ts';
import { refTo } from '../inputs.ts';

export const caseShowCommand = defineCommand({
  name: 'case show',
  summary: 'What a case is about, the evidence, who accuses, what else its owner had, who decides until when.',
  arguments: [{ syntax: '<case>', description: 'its number, as `assay case list` shows it' }],
  options: [{ syntax: '--fast', description: 'do not check signatures while replaying' }],
  input: z.object({ case: refTo('The case', 'cases'), fast: z.boolean().default(false) }),
  output: CaseExplanation,
  run: (invocation) => {
    const { case: number, fast } = invocation.input;
    return withHistory(invocation, async (history) =>
      onChain(history, fast, await explainCase(history, number, { fast })),
    );
  },
  print: explanationLines,
});
