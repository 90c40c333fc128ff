import { chmod, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { childEnvironment } from './child-environment.ts';
import { startLlamaBackend } from './inference/llama/backend.ts';
import { downloadFromWheel } from './models/wheel.ts';
import { newDirectory } from './store/directory.fixture.ts';

const secrets = ['ASSAY_PASSPHRASE', 'ASSAY_API_KEY', 'ASSAY_ADMIN_TOKEN', 'OPENAI_API_KEY', 'HF_TOKEN', 'AWS_SECRET'];

afterEach(() => vi.unstubAllEnvs());

function setSecrets() {
  for (const name of secrets) vi.stubEnv(name, `secret of ${name}`);
}

describe('the environment of a child', () => {
  it('holds what a program needs to run, and nothing that was not named', () => {
    setSecrets();
    vi.stubEnv('PIP_INDEX_URL', 'https://index.example');
    const environment = childEnvironment({ TMPDIR: 'elsewhere' });
    expect(environment).toMatchObject({ PATH: process.env.PATH, TMPDIR: 'elsewhere' });
    expect(environment).toHaveProperty('PIP_INDEX_URL');
    expect(Object.keys(environment).filter((name) => secrets.includes(name))).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('of llama.cpp holds no secret', async () => {
    setSecrets();
    await using backend = await startLlamaBackend({ threads: 1 });
    const environment = await readFile(`/proc/${backend.pid}/environ`, 'latin1');
    expect(environment).toContain('UV_THREADPOOL_SIZE=');
    expect(environment).not.toContain('secret of');
  });

  it.runIf(process.platform !== 'win32')('of Python holds no secret', async () => {
    setSecrets();
    const dir = await newDirectory();
    const seen = join(dir, 'seen');
    await writeFile(join(dir, 'python3'), `#!/bin/sh\nenv > '${seen}'\nexit 1\n`);
    await chmod(join(dir, 'python3'), 0o755);
    vi.stubEnv('PATH', `${dir}${delimiter}${process.env.PATH}`);
    const fetching = { partPath: join(dir, 'part'), sizeBytes: 1, onBytes: () => {} };
    const wheel = { package: 'none', version: '1', entry: 'x' };
    await expect(downloadFromWheel(wheel, fetching)).rejects.toThrow('could not be fetched by pip');
    const environment = await readFile(seen, 'utf8');
    expect(environment).toContain('TMPDIR=');
    expect(environment).not.toContain('secret of');
  });
});
