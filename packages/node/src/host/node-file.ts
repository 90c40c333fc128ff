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

/** Leaves in the data directory how this node is reached, for as long as it runs. */
export async function publishNodeFile(dataDir: string, content: NodeFile, closing: Closing): Promise<void> {
  const path = join(dataDir, dataFiles.node);
  await writeDurably(path, `${JSON.stringify(content, null, 2)}\n`, 0o600);
  closing.add(() => rmSync(path, { force: true }));
}
