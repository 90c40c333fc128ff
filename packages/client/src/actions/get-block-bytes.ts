import { type Connection, callBytes } from '../connection.ts';
import { ClientError } from '../errors.ts';
import type { PageOptions } from './page-options.ts';

/** Serialised blocks in rising height, from the height `from`, as a ledger applies them; empty beyond the last. */
export async function getBlockBytes(connection: Connection, page: PageOptions = {}): Promise<Uint8Array[]> {
  const bytes = await callBytes(connection, 'blocks', { query: { ...page } });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const start = offset + 4;
    const end = start > bytes.length ? Number.POSITIVE_INFINITY : start + view.getUint32(offset, true);
    if (end > bytes.length) throw new ClientError('BAD_ANSWER', "The node's answer ends in the middle of a block.");
    blocks.push(bytes.subarray(start, end));
    offset = end;
  }
  return blocks;
}
