import { explanationLines, onChain } from '@assay/explain/explanation';
import { explainPower, PowerExplanation } from '@assay/explain/power';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { withHistory } from '../history.ts';
import { refTo } from '../inputs.ts';

export const explainPowerCommand = defineCommand({
  name: 'explain power',
  summary: 'What a validator weighs in consensus, and the stake and work it follows from.',
  arguments: [{ syntax: '<validator>', description: 'its number, from 0 on' }],
  options: [{ syntax: '--fast', description: 'do not check signatures while replaying' }],
  input: z.object({
    validator: refTo('The validator', 'validators'),
    fast: z.boolean().default(false),
  }),
  output: PowerExplanation,
  run: (invocation) => {
    const { validator, fast } = invocation.input;
    return withHistory(invocation, async (history) =>
      onChain(history, fast, await explainPower(history, validator, { fast })),
    );
  },
  print: explanationLines,
});
