import { z } from 'zod';
import { defineCommand } from '../command.ts';
import {
  keysShown,
  openSessionKeys,
  printKeys,
  SessionKeysOutput,
  sessionArgument,
  sessionInput,
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
    const { signer, file } = await openSessionKeys(invocation);
    return keysShown(file.list, session, signer);
  },
  print: printKeys,
});
