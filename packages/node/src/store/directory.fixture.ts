import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty directory that goes with the test. */
export async function newDirectory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-test-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
