import { readFile } from 'node:fs/promises';
import { genesisFromJson } from '@assay/client';
import { AssayError, Genesis } from '@assay/protocol';
import { writeDurably } from '../store/durable-file.ts';

/** The genesis of a data directory; null when it has none. Throws AssayError DATA_DAMAGED when it cannot be read. */
export async function readGenesisFile(path: string): Promise<Genesis | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return genesisFromJson(JSON.parse(text));
  } catch (cause) {
    const detail = `${path}: ${(cause as Error).message} Repair the file, or begin again with --fresh.`;
    throw new AssayError('DATA_DAMAGED', detail, { cause });
  }
}

export function writeGenesisFile(path: string, genesis: Genesis): Promise<void> {
  return writeDurably(path, `${JSON.stringify(Genesis.toJson(genesis), null, 2)}\n`, 0o644);
}
