import { Readable } from 'node:stream';
import type { PageRequest } from '../port.ts';

/** Whether an `accept` header asks for the SSZ bytes. */
export function wantsBytes(accept: string | undefined): boolean {
  return accept?.includes('application/octet-stream') ?? false;
}

/** Size after which a page of blocks ends early, bytes. */
const maxPageBytes = 32 * 1024 * 1024;

/**
 * The blocks there are of heights `from` to `from + limit − 1`, each after its length as four bytes, little-endian;
 * fewer when they are large, but at least one if there is one. Read one by one as the client takes them.
 */
export function lengthPrefixed(blockAt: (height: number) => Uint8Array | null, { from, limit }: PageRequest): Readable {
  function* parts() {
    let sent = 0;
    for (let height = from; height < from + limit && sent < maxPageBytes; height++) {
      const block = blockAt(height);
      if (block === null) continue;
      const part = Buffer.allocUnsafe(4 + block.length);
      part.writeUInt32LE(block.length);
      part.set(block, 4);
      sent += part.length;
      yield part;
    }
  }
  return Readable.from(parts());
}
