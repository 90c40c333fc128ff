import { z } from 'zod';
import { defineCommand } from '../command.ts';
import {
  apiKeyFile,
  keysShown,
  printKeys,
  SessionKeysOutput,
  sessionArgument,
  sessionInput,
  sessionSigner,
} from '../session-keys.ts';

export const apiKeyListCommand = defineCommand({
  name: 'api-key list',
  summary: 'The API keys that spend a session whose key is in the data directory.',
  arguments: [sessionArgument],
  options: [],
  input: z.object({ session: sessionInput }),
  output: SessionKeysOutput,
  run: async (invocation) => {
    const { session } = invocation.input;
    const signer = await sessionSigner(invocation, session);
    return keysShown(apiKeyFile(invocation).list, session, signer);
  },
  print: printKeys,
});
