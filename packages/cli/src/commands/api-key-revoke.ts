import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { CliError } from '../failures.ts';
import { wholeNumber } from '../inputs.ts';
import {
  keysShown,
  openSessionKeys,
  printKeys,
  SessionKeysOutput,
  sessionArgument,
  sessionInput,
} from '../session-keys.ts';

export const apiKeyRevokeCommand = defineCommand({
  name: 'api-key revoke',
  summary: 'Revoke an API key for good: the running node refuses it at once.',
  arguments: [sessionArgument, { syntax: '<number>', description: 'its number in `assay api-key list`' }],
  options: [],
  input: z.object({ session: sessionInput, number: wholeNumber('The number', { min: 0, max: 2 ** 32 - 1 }) }),
  output: SessionKeysOutput,
  run: async (invocation) => {
    const { session, number } = invocation.input;
    const { signer, file } = await openSessionKeys(invocation);
    const list = file.list.revoke(session, number);
    if (list === null)
      throw new CliError('notFound', `Session ${session} has no API key ${number}; see \`assay api-key list\`.`);
    await file.write(list);
    return keysShown(list, session, signer);
  },
  print: printKeys,
});
