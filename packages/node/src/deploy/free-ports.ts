import { createServer } from 'node:net';
import { AssayError } from '@assay/protocol';

const step = 1000;
const tries = 20;

/** The first of `from`, `from` + 1,000 … from which so many ports of this machine are free. Throws CANNOT_LISTEN. */
export async function freeFirstPort(from: number, count: number): Promise<number> {
  for (let first = from; first < from + tries * step && first + count <= 65_535; first += step) {
    if (await areFree(first, count)) return first;
  }
  throw new AssayError('CANNOT_LISTEN', `No ${count} ports in a row are free from ${from} on.`);
}

async function areFree(first: number, count: number): Promise<boolean> {
  for (let port = first; port < first + count; port++) if (!(await isFree(port))) return false;
  return true;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
