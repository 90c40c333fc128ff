import { explanationLines, onChain } from '@assay/explain/explanation';
import { explainSlash, SlashExplanation } from '@assay/explain/slash';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { withHistory } from '../history.ts';
import { refTo } from '../inputs.ts';

export const explainSlashCommand = defineCommand({
  name: 'explain slash',
  summary: 'Why a case was opened, what its fine follows from, who decided, and where the fine went.',
  arguments: [{ syntax: '<case>', description: 'its number, as `assay case list` shows it' }],
  options: [{ syntax: '--fast', description: 'do not check signatures while replaying' }],
  input: z.object({ case: refTo('The case', 'cases'), fast: z.boolean().default(false) }),
  output: SlashExplanation,
  run: (invocation) => {
    const { case: number, fast } = invocation.input;
    return withHistory(invocation, async (history) =>
      onChain(history, fast, await explainSlash(history, number, { fast })),
    );
  },
  print: explanationLines,
});
