import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, realpathSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePackage } from '../../tools/release/stage.ts';
import { RunningNetwork, receiptIdOf, runs, taskWith, temporaryDirectory } from './network.ts';

const root = join(import.meta.dirname, '../..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const directory = temporaryDirectory();
afterAll(() => directory.remove());
const at = (name: string) => join(directory.path, name);

/** A release that is there already is tested as strangers get it: nothing of it is in npm's cache. */
const released = process.env['ASSAY_TARBALL'];
const env = { ...process.env, npm_config_cache: at('npm'), npm_config_prefer_offline: 'true' };

function registryAnswers(): boolean {
  const known = `@chainsafe/blst@${manifest.devDependencies['@chainsafe/blst']}`;
  const answer = spawnSync('npm', ['view', known, 'name'], { timeout: 20_000 });
  if (answer.status !== 0) console.warn('The package is not tested: npm cannot reach its registry.');
  return answer.status === 0;
}

/** Ends the node itself: npx, unlike a terminal, passes no signal on to it. Resolves to the exit code of npx. */
async function stop({ process: npx, dataDir }: RunningNetwork): Promise<number | null> {
  if (npx.exitCode === null) {
    const exited = once(npx, 'exit');
    process.kill(Number(readFileSync(join(dataDir, 'lock.pid'), 'utf8')), 'SIGINT');
    await exited;
  }
  return npx.exitCode;
}

describe.skipIf(!registryAnswers())('the package, in an empty folder, with npm alone', () => {
  let network: RunningNetwork;
  let installed: string;
  const cwd = at('empty');
  const assay = (...args: string[]) => runs([join(installed, '.bin/assay'), ...args], { cwd, env });

  beforeAll(async () => {
    for (const name of ['empty', 'npm']) mkdirSync(at(name));
    if (released === undefined) {
      const cache = spawnSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).stdout.trim();
      symlinkSync(realpathSync(join(cache, '_cacache')), at('npm/_cacache'));
    }
    const tarball = released ?? (await makePackage(root, at('dist'))).path;
    network = await RunningNetwork.start({
      dataDir: at('net'),
      program: ['npx', '--yes', `file:${tarball}`],
      cwd,
      env,
    });
    installed = join(at('npm/_npx'), readdirSync(at('npm/_npx'))[0] ?? '', 'node_modules');
  }, 300_000);

  afterAll(() => stop(network));

  it('brings no script that npm runs, no GPU build, nothing into the folder, and is not large', () => {
    const record = readFileSync(join(installed, '.package-lock.json'), 'utf8');
    expect(record).toContain('node_modules/@node-llama-cpp/');
    expect(record).not.toMatch(/hasInstallScript|cuda|vulkan/);
    expect(readdirSync(cwd)).toEqual([]);
    const files = readdirSync(installed, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
    expect(bytes).toBeLessThan(400e6);
  });

  it('says its version and its commands, on the Node of the system', async () => {
    const bin = join(installed, 'assay/bin/assay.mjs');
    expect(await runs(['node', bin, '--version'], { cwd, env })).toEqual({
      code: 0,
      out: `${manifest.version}\n`,
      err: '',
    });
    expect((await assay('--help')).out).toContain('up [options]');
    expect((await assay('adversaries')).out).toContain('requantised');
  });

  it('answers, certifies, ends, and replays to the same roots', async () => {
    const answer = await network.openai.chat.completions.create({
      model: (await network.openai.models.list()).data[0]?.id ?? '',
      messages: [{ role: 'user', content: 'Why is the sky blue?' }],
      max_tokens: 16,
    });
    expect(answer.choices[0]?.message.content).not.toBe('');
    await taskWith(network, receiptIdOf(answer), () => true);
    expect(await stop(network)).toBe(0);
    const replayed = await assay('replay', '--json', '--data', network.dataDir);
    expect([replayed.code, JSON.parse(replayed.out)]).toEqual([
      0,
      expect.objectContaining({ valid: true, fault: null }),
    ]);
  }, 60_000);
});
