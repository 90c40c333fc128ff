import { join } from 'node:path';
import { dataFiles } from '@assay/node/host/data-files';
import { type KeyName, type Keystore, openKeystore, passphraseFrom } from '@assay/node/keys/keystore';
import { addressText, parseAddress } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { CliError } from './failures.ts';

/** The keys of a data directory, with those that are to be made. Throws CliError when there are none. */
export async function keysOf(
  dataDir: string,
  environment: NodeJS.ProcessEnv,
  wanted: readonly KeyName[] = [],
): Promise<Keystore> {
  const path = join(dataDir, dataFiles.keys);
  const passphrase = passphraseFrom(environment);
  const store = await openKeystore(path, passphrase, []);
  if (store.names().length > 0) return wanted.length === 0 ? store : openKeystore(path, passphrase, wanted);
  throw new CliError('notFound', `${dataDir} holds no keys. \`npm start\` makes them, or name another with --data.`);
}

/** An account by its address, or by the name of a key of the data directory. Throws CliError when it is neither. */
export async function addressNamed(
  name: string,
  { dataDir, environment }: { readonly dataDir: string; readonly environment: NodeJS.ProcessEnv },
): Promise<Uint8Array> {
  const address = parseAddress(name);
  if (address !== null) return address;
  const keys = await keysOf(dataDir, environment);
  if (keys.has(name)) return keys.account(name).address;
  throw new CliError('notFound', `"${name}" is no address (assay1…), and no key of ${dataDir}: see \`assay keys\`.`);
}

/** The public halves of a data directory's keys. Throws CliError when there is no key file. */
export async function listKeys(dataDir: string, environment: NodeJS.ProcessEnv) {
  const store = await keysOf(dataDir, environment);
  return store.names().map(({ name, bls }) => {
    const account = store.account(name);
    return {
      name,
      kind: bls ? ('committee' as const) : ('account' as const),
      address: addressText(account.address),
      publicKey: `0x${toHex(account.publicKey)}`,
      blsPublicKey: bls ? `0x${toHex(store.committee(name).publicKey)}` : null,
    };
  });
}
