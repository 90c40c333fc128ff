import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../store/durable-file.ts';
import type { Closing } from './closing.ts';
import { dataFiles } from './data-files.ts';

/** Where a node that runs is asked, and what opens it. */
export interface NodeFile {
  /** Root of the API. */
  readonly api: string;
  readonly apiKey?: string;
  readonly adminToken: string;
}

/** Writes how a node is reached into its data directory. */
export function writeNodeFile(
  dataDir: string,
  content: { readonly [Key in keyof NodeFile]?: string | undefined },
): Promise<void> {
  return writeDurably(join(dataDir, dataFiles.node), `${JSON.stringify(content, null, 2)}\n`, 0o600);
}

/** Leaves in the data directory how this node is reached, for as long as it runs. */
export async function publishNodeFile(dataDir: string, content: NodeFile, closing: Closing): Promise<void> {
  await writeNodeFile(dataDir, content);
  closing.add(() => rmSync(join(dataDir, dataFiles.node), { force: true }));
}
