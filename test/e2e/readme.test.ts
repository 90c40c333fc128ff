import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningNetwork, temporaryDirectory } from './network.ts';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const run = promisify(execFile);
const directory = temporaryDirectory();
let network: RunningNetwork;

beforeAll(async () => {
  network = await RunningNetwork.start({ dataDir: join(directory.path, 'net') });
});

afterAll(async () => {
  await network.kill();
  directory.remove();
});

/** The README's block in `language` that holds `word`, pointed at the network of this test. */
function block(language: string, word: string): string {
  const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```/gms)];
  const text = blocks.find(([, name, content]) => name === language && content?.includes(word))?.[2];
  if (text === undefined) throw new Error(`the README has no ${language} block with ${word}`);
  return text.replace('http://127.0.0.1:4010/v1', network.api);
}

const options = () => ({ cwd: root, env: { ...process.env, ASSAY_API_KEY: network.apiKey } });

describe('what the README shows', () => {
  it.skipIf(spawnSync('curl', ['--version']).error !== undefined)('asks with curl', async () => {
    const { stdout } = await run('sh', ['-c', block('sh', 'curl -N')], options());
    expect(stdout).toMatch(/^data: \{.*"content":/);
    expect(stdout).toMatch(/"receipt_id":"0x[0-9a-f]{64}"/);
    expect(stdout.trimEnd()).toMatch(/data: \[DONE\]$/);
  });

  it('asks with the openai client', async () => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', block('js', 'OpenAI')], options());
    expect(stdout.trim()).not.toBe('');
  });
});
