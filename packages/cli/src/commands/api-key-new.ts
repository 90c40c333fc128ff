import { apiKeyOf } from '@assay/node/crypto/signers';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { openSessionKeys, sessionArgument, sessionInput } from '../session-keys.ts';

export const apiKeyNewCommand = defineCommand({
  name: 'api-key new',
  summary: 'Issue one more API key for a session, which the running node takes at once.',
  arguments: [sessionArgument],
  options: [],
  input: z.object({ session: sessionInput }),
  output: z.object({ session: z.int(), number: z.int(), apiKey: z.string() }),
  run: async (invocation) => {
    const { session } = invocation.input;
    const { signer, file } = await openSessionKeys(invocation);
    const number = await file.issue(session);
    return { session, number, apiKey: apiKeyOf(signer, session, number) };
  },
  print: ({ apiKey }) => [apiKey],
});
