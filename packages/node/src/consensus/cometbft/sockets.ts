import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CometSockets } from './home.ts';

const prefix = 'assay-sockets-';
/** In CometBFT's home: the directory of the sockets, which a process that was killed leaves behind. */
const placeFile = 'sockets';

/** Sockets have short names, and a directory that nobody else may enter; that of the run before goes. */
export async function makeSockets(home: string, isSigning: boolean): Promise<CometSockets> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const place = join(home, placeFile);
  const before = await readFile(place, 'utf8').catch(() => '');
  if (isOurs(before)) await rm(before, { recursive: true, force: true });
  const dir = await mkdtemp(join(tmpdir(), prefix));
  await writeFile(place, dir);
  return {
    abci: join(dir, 'abci'),
    rpc: join(dir, 'rpc'),
    light: ['light-0', 'light-1'].map((name) => join(dir, name)),
    signer: isSigning ? join(dir, 'signer') : null,
  };
}

export function removeSockets({ abci }: CometSockets): Promise<void> {
  return rm(dirname(abci), { recursive: true, force: true });
}

/** Nothing else is removed, whatever the file says. */
function isOurs(dir: string): boolean {
  return dirname(dir) === tmpdir() && dir.startsWith(join(tmpdir(), prefix));
}
