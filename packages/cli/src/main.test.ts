import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

it('leaves what Node compiled in the home, for the next start', async () => {
  const home = mkdtempSync(join(tmpdir(), 'assay-home-'));
  try {
    const env = { ...process.env, ASSAY_HOME: home };
    const { stdout } = await promisify(execFile)(process.execPath, [main, '--version'], { env });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const [version = ''] = readdirSync(join(home, 'compiled'));
    expect(readdirSync(join(home, 'compiled', version)).length).toBeGreaterThan(100);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
