import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { useNativeHasher } from '@assay/node/crypto/hasher';
import { newDirectory } from '@assay/node/store/directory.fixture';
import { describe, expect, it } from 'vitest';
import { checkBusyEngine } from './check-busy-engine.ts';

useNativeHasher();

describe('an engine whose disk fills up', () => {
  it('stops by itself, names the reason, and keeps everything it acknowledged', { timeout: 60_000 }, async () => {
    const dir = await newDirectory();
    const script = join(import.meta.dirname, 'busy-engine.ts');
    // Where a file may not grow any more stands in for where the disk ends: the same short write.
    const command = ['-c', 'ulimit -f 1024; exec "$@"', 'sh', process.execPath, script, dir];
    const child = spawn('sh', command, { stdio: ['ignore', 'pipe', 'ignore'] });
    const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    const said = output.split('\n').slice(1, -1);
    expect(status).toBe(1);
    expect(said.at(-1)).toBe('fatal DISK_FULL');
    const confirmed = said.filter((line) => !line.startsWith('fatal'));
    expect(confirmed.length).toBeGreaterThan(20);
    await checkBusyEngine(dir, confirmed);
  });
});
