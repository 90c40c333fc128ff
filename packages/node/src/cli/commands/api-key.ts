import { fromHex } from '@assay/protocol';
import { z } from 'zod';
import { apiKeyOf } from '../../crypto/signers.ts';
import { KeyRing } from '../../keys/keyring.ts';
import { defineCommand } from '../command.ts';
import { CliError } from '../failures.ts';
import { wholeNumber } from '../inputs.ts';
import { keysOf } from './keys.ts';

export const apiKeyCommand = defineCommand({
  name: 'api-key',
  summary: 'The API key that spends a session whose key is in the data directory.',
  arguments: [{ syntax: '<session>', description: 'its number in `assay list sessions`' }],
  options: [],
  input: z.object({ session: wholeNumber('The session', { min: 0, max: 2 ** 32 - 1 }) }),
  output: z.object({ session: z.int(), apiKey: z.string() }),
  run: async ({ client, input: { session }, dataDir, environment }) => {
    const { sessionKey } = await client().getSession(session);
    const read = () => keysOf(dataDir, environment);
    const signer = new KeyRing(await read(), read).account(fromHex(sessionKey) ?? new Uint8Array());
    if (signer !== null) return { session, apiKey: apiKeyOf(signer, session) };
    throw new CliError('notFound', `The key of session ${session}, ${sessionKey}, is not among those in ${dataDir}.`);
  },
  print: ({ apiKey }) => [apiKey],
});
