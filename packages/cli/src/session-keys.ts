import { join } from 'node:path';
import { table } from '@assay/explain/table';
import { apiKeyOf, type Ed25519Signer } from '@assay/node/crypto/signers';
import { dataFiles } from '@assay/node/host/data-files';
import { ApiKeyFile, type ApiKeyList } from '@assay/node/keys/api-keys';
import { KeyRing } from '@assay/node/keys/keyring';
import type { Ref } from '@assay/protocol';
import { fromHex } from '@assay/ssz';
import { z } from 'zod';
import type { Invocation } from './command.ts';
import { keysOf } from './data-keys.ts';
import { CliError } from './failures.ts';
import { refTo } from './inputs.ts';

export const sessionArgument = { syntax: '<session>', description: 'its number in `assay list sessions`' };
export const sessionInput = refTo('The session', 'sessions');

/** The API keys of a session; a revoked one is not shown. */
export const SessionKeysOutput = z.object({
  session: z.int(),
  keys: z.array(z.object({ number: z.int(), apiKey: z.string().nullable() })),
});
type SessionKeysOutput = z.infer<typeof SessionKeysOutput>;

/**
 * The key that signs for a session, and the list of API keys of the data directory. Throws CliError when that does not
 * hold the key.
 */
export async function openSessionKeys(
  invocation: Invocation<{ session: Ref<'sessions'> }>,
): Promise<{ signer: Ed25519Signer; file: ApiKeyFile }> {
  const signer = await sessionSigner(invocation);
  return { signer, file: new ApiKeyFile(join(invocation.dataDir, dataFiles.apiKeys)) };
}

async function sessionSigner({
  client,
  dataDir,
  environment,
  input: { session },
}: Invocation<{ session: Ref<'sessions'> }>): Promise<Ed25519Signer> {
  const { sessionKey } = await client().getSession(session);
  const read = () => keysOf(dataDir, environment);
  const signer = new KeyRing(await read(), read).account(fromHex(sessionKey) ?? new Uint8Array());
  if (signer !== null) return signer;
  throw new CliError('notFound', `The key of session ${session}, ${sessionKey}, is not among those in ${dataDir}.`);
}

export function keysShown(list: ApiKeyList, session: Ref<'sessions'>, signer: Ed25519Signer): SessionKeysOutput {
  const shown = list.of(session).map(({ number, revoked }) => {
    return { number, apiKey: revoked ? null : apiKeyOf(signer, session, number) };
  });
  return { session, keys: shown };
}

export function printKeys({ keys }: SessionKeysOutput): string[] {
  return table(
    ['key', 'API key'],
    keys.map(({ number, apiKey }) => [String(number), apiKey ?? 'revoked']),
  );
}
