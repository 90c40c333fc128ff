import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, ClientError } from '@assay/client';
import { AssayError } from '@assay/protocol';
import { dataFiles } from '../host/data-files.ts';
import { openKeystore } from '../keys/keystore.ts';
import type { FundsFacts, KeyFacts } from './diagnose-node.ts';

/** The keys of a data directory; null where it has none yet. */
export async function lookAtKeys(dataDir: string, passphrase: string, isUsual: boolean): Promise<KeyFacts | null> {
  const path = join(dataDir, dataFiles.keys);
  if (!existsSync(path)) return null;
  // Windows has no such modes.
  const isOpen = process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0;
  const common = { path, isOpen, isUsual, hasOwnerKeys: existsSync(join(dataDir, dataFiles.ownerKeys)) };
  try {
    const keys = await openKeystore(path, passphrase, []);
    return { ...common, names: keys.names().map(({ name }) => name), problem: null };
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    return { ...common, names: [], problem: error.message };
  }
}

/** What the roles of a node that runs have, and what the network asks of them; null where it does not answer. */
export async function lookAtFunds(node: Client): Promise<FundsFacts[] | null> {
  try {
    const { roles } = await node.getNode();
    return await Promise.all(
      roles.map(async ({ name, kind, address, index, hindrances }) => {
        const short = hindrances.find(({ code }) => code === 'collateralTooLow' || code === 'stakeTooLow') ?? null;
        return { name, kind, address, isRegistered: index !== null, balance: await balanceOf(node, address), short };
      }),
    );
  } catch (error) {
    if (error instanceof ClientError) return null;
    throw error;
  }
}

async function balanceOf(node: Client, address: string): Promise<bigint> {
  try {
    return BigInt((await node.getAccount(address)).balanceUnits);
  } catch (error) {
    if (error instanceof ClientError && error.code === 'NOT_FOUND') return 0n;
    throw error;
  }
}
