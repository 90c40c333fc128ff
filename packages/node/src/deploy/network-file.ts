import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError } from '@assay/protocol';
import { z } from 'zod';
import { writeDurably } from '../store/durable-file.ts';

/** Name of the file that says which nodes a directory holds. */
const networkFile = 'network.json';
/** Where the keys lie that nobody needs while a network runs. */
export const coldDirectory = 'cold';

const NetworkFile = z.strictObject({
  version: z.literal(1),
  chainId: z.string(),
  /** 64 hexadecimal digits. */
  genesisHash: z.string(),
  invitation: z.string(),
  /** In the order in which they are started. */
  nodes: z.array(
    z.strictObject({
      name: z.string(),
      /** Of its data directory, below that of the network. */
      dir: z.string().regex(/^[\w-]+(\/[\w-]+)?$/),
      /** Name of its machine; null where all run on this one. */
      host: z.string().nullable(),
      roles: z.array(z.string()),
    }),
  ),
});
/** A network of several nodes, as it was set up. */
export type NetworkFile = z.infer<typeof NetworkFile>;
export type NetworkNode = NetworkFile['nodes'][number];

/** What a directory holds. Throws AssayError CONFIG_UNUSABLE when it holds no network. */
export async function readNetworkFile(dir: string): Promise<NetworkFile> {
  const path = join(dir, networkFile);
  try {
    return NetworkFile.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isMissing ? 'It is not there; `assay network init --dir DIR` makes one.' : 'It cannot be read.';
    throw new AssayError('CONFIG_UNUSABLE', `${path}: ${reason}`, { cause });
  }
}

export function writeNetworkFile(dir: string, network: NetworkFile): Promise<void> {
  return writeDurably(join(dir, networkFile), `${JSON.stringify(network, null, 2)}\n`, 0o600);
}
