/** `npm run bench`: every bench, or those named (`npm run bench -- 1 transfers`); appends to bench/history.ndjson. */
import { execFileSync, fork } from 'node:child_process';
import { appendFileSync, globSync } from 'node:fs';
import { cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bench, Row } from './bench.ts';

const root = join(import.meta.dirname, '..');
const history = join(import.meta.dirname, 'history.ndjson');

interface Result extends Omit<Bench, 'run'> {
  readonly rows: readonly Row[];
}

/** Runs one bench file in a process of its own, so that none inherits another's heap. */
async function measure(file: string): Promise<Result | null> {
  const child = fork(import.meta.filename, ['--file', file], { cwd: root });
  let result: Result | null = null;
  child.on('message', (message: Result) => {
    result = message;
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  return code === 0 ? result : null;
}

async function measureHere(file: string): Promise<void> {
  const { bench }: { bench: Bench } = await import(pathToFileURL(join(root, file)).href);
  const { id, title, unit, target, compared } = bench;
  console.log(`\n${id}  ${title}`);
  const rows = await bench.run((line) => process.stdout.isTTY && process.stdout.write(`\r\x1b[K   ${line}`));
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
  for (const line of table(rows, bench)) console.log(line);
  console.log(`   aim: ${target}`);
  process.send?.({ id, title, unit, target, compared, rows } satisfies Result);
  process.disconnect?.();
}

function table(rows: readonly Row[], { unit, compared }: Bench): string[] {
  const ours = rows[0]?.value ?? 0;
  const width = Math.max(...rows.map(({ who }) => who.length));
  return rows.map(({ who, value, note }, index) => {
    if (value === null) return `   ${who.padEnd(width)}  skipped: ${note}`;
    const ratio = index === 0 || !compared ? '' : `${(ours / value).toFixed(2)} ×`;
    const figure = value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
    return `   ${who.padEnd(width)}  ${figure.padStart(9)} ${unit}  ${ratio.padStart(9)}  ${note}`.trimEnd();
  });
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

async function all(wanted: readonly string[]): Promise<void> {
  const files = globSync(['packages/*/src/**/*.bench.ts', 'bench/*.bench.ts'], { cwd: root }).sort();
  const chosen = files.filter((file) => wanted.length === 0 || wanted.some((word) => file.includes(word)));
  if (chosen.length === 0)
    throw new Error(`No bench is called ${wanted.join(' or ')}. There are: ${files.join(', ')}.`);
  const results: Result[] = [];
  for (const file of chosen) {
    const result = await measure(file);
    if (result === null) process.exitCode = 1;
    else results.push(result);
  }
  const machine = {
    platform: platform(),
    cpu: cpus()[0]?.model ?? '',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
  const commit = git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+');
  const entry = { date: new Date().toISOString(), commit, machine, results };
  appendFileSync(history, `${JSON.stringify(entry)}\n`);
  console.log(`\nAdded to bench/history.ndjson (${machine.cores} × ${machine.cpu}, Node ${machine.node}).`);
}

const [flag, file] = process.argv.slice(2);
if (flag === '--file' && file !== undefined) await measureHere(file);
else await all(process.argv.slice(2));
