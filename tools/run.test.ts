import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript: it must run before anything is installed
import { isInstalled } from './install.mjs';

/** A program that says when it is ready, answers every signal with its name, and ends as its argument says. */
const program = `
process.on('SIGINT', () => { console.log('SIGINT'); setTimeout(() => process.exit(7), 200); });
process.on('disconnect', () => { console.log('alone'); process.exit(0); });
setInterval(() => {}, 1000);
if (process.argv[2] === 'exit') process.exit(5);
if (process.argv[2] === 'die') process.kill(process.pid, 'SIGKILL');
console.log('ready ' + JSON.stringify(process.argv.slice(2)));
`;
const dependencies = { part: 'file:part' };
const manifest = { name: 'probe', version: '1.0.0', type: 'module', dependencies, optionalDependencies: {} };
const linked = { 'node_modules/part': { resolved: 'part', link: true }, part: { version: '1.0.0' } };
const lock = (packages: Record<string, object>) => JSON.stringify({ lockfileVersion: 3, packages });

let root: string;
const write = (path: string, text: string) => writeFileSync(join(root, path), text);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'assay-run-'));
  cpSync(import.meta.dirname, join(root, 'tools'), { recursive: true });
  for (const folder of ['bench', 'part']) mkdirSync(join(root, folder));
  write('bench/run.ts', program);
  write('part/package.json', JSON.stringify({ name: 'part', version: '1.0.0' }));
  write('package.json', JSON.stringify(manifest));
  write('package-lock.json', lock({ '': { name: 'probe', version: '1.0.0', dependencies }, ...linked }));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs the script `bench` of the probe project, as npm would. */
function run(...args: string[]): ChildProcess {
  return spawn(process.execPath, ['tools/run.mjs', 'bench', ...args], { cwd: root });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = '';
  child.stdout?.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  return { code, output };
}

async function says(child: ChildProcess, word: string): Promise<void> {
  for await (const chunk of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    if (String(chunk).includes(word)) return;
  }
}

describe('tools/run.mjs', () => {
  it('installs what is missing, then runs the script with its arguments and its exit code', async () => {
    const first = await ended(run('exit'));
    expect(first.output).toMatch(/^Installing 0 packages at their locked versions …\nInstalled after \d+ s\.\n$/);
    expect(first.code).toBe(5);
    expect(await ended(run('exit'))).toEqual({ code: 5, output: '' });
  });

  it('shows the words of npm and what to do when the installation fails', async () => {
    write('package.json', JSON.stringify({ ...manifest, dependencies: { ...dependencies, absent: 'file:absent' } }));
    const { code, output } = await ended(run('exit'));
    expect(code).toBe(1);
    expect(output).toContain('npm error');
    expect(output).toContain('npm could not install the packages');
  });

  it('reports death by a signal as 128 + n', async () => {
    expect((await ended(run('die'))).code).toBe(128 + 9);
  });

  it('delivers one Ctrl-C however many copies arrive', async () => {
    const child = run('--a', 'b');
    await says(child, 'ready ["--a","b"]');
    const end = ended(child);
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await end).toEqual({ code: 7, output: 'SIGINT\n' });
  });

  it('lets the program notice that the wrapper was killed', async () => {
    const child = run();
    await says(child, 'ready');
    const end = ended(child);
    child.kill('SIGKILL');
    expect((await end).output).toBe('alone\n');
  });

  it('names the scripts when it does not know one', async () => {
    const child = spawn(process.execPath, ['tools/run.mjs', 'dance'], { cwd: root });
    const { code, output } = await ended(child);
    expect(code).toBe(1);
    expect(output).toContain('There is no script "dance". The scripts are: start,');
  });
});

describe('isInstalled', () => {
  const wanted = { 'node_modules/a': { version: '1.0.0', integrity: 'x' } };
  const other = { 'node_modules/b': { version: '1.0.0', integrity: 'y', optional: true } };

  function installed(present: Record<string, object> | null): boolean {
    write('package-lock.json', lock({ '': {}, ...wanted, ...other }));
    if (present === null) return isInstalled(root);
    mkdirSync(join(root, 'node_modules'), { recursive: true });
    write('node_modules/.package-lock.json', lock(present));
    return isInstalled(root);
  }

  it('asks for every package of this platform at its locked version', () => {
    expect(installed(null)).toBe(false);
    expect(installed(wanted)).toBe(true);
    expect(installed({ ...wanted, ...other })).toBe(true);
    expect(installed(other)).toBe(false);
    expect(installed({ 'node_modules/a': { version: '1.0.1', integrity: 'x' } })).toBe(false);
    expect(installed({ 'node_modules/a': { version: '1.0.0', integrity: 'z' } })).toBe(false);
    expect(installed({ ...wanted, 'node_modules/b': { version: '0.9.0' } })).toBe(false);
  });
});
