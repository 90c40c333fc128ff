import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** What a process of its own leaves in the data directory of its node. */
export const processFiles = {
  /** Its number, while it is meant to run. */
  pid: 'run.pid',
  /** What it says. */
  output: 'run.log',
} as const;

const pollMs = 50;

/** Starts a program detached from this one, as the process of a data directory; gives its number. */
export function startProcess(program: readonly [string, ...string[]], dataDir: string): number {
  const output = openSync(join(dataDir, processFiles.output), 'a', 0o600);
  try {
    const [command, ...args] = program;
    const child = spawn(command, args, { detached: true, stdio: ['ignore', output, output] });
    // What cannot be started is seen by its missing process.
    child.on('error', () => {});
    child.unref();
    const pid = child.pid ?? 0;
    writeFileSync(join(dataDir, processFiles.pid), `${pid}\n`, { mode: 0o600 });
    return pid;
  } finally {
    closeSync(output);
  }
}

/** Whether a data directory has a process: its number; `died` when it had one that ended by itself; null for none. */
export function processOf(dataDir: string): number | 'died' | null {
  const pid = storedPid(dataDir);
  if (pid === null) return null;
  return isAlive(pid, dataDir) ? pid : 'died';
}

function storedPid(dataDir: string): number | null {
  try {
    const text = readFileSync(join(dataDir, processFiles.pid), 'utf8').trim();
    return /^[1-9]\d*$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}

/** A number that was given out again belongs to a process that does not name this directory. */
function isAlive(pid: number, dataDir: string): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    // Without words it has ended, and nobody has asked how.
    return words.includes(dataDir);
  } catch {
    return process.platform !== 'linux';
  }
}

/** Ends the process of a data directory: it is asked, and after `limitMs` cut off. */
export async function stopProcess(dataDir: string, limitMs: number): Promise<'stopped' | 'cutOff' | 'notRunning'> {
  const pid = processOf(dataDir);
  if (pid === null || pid === 'died') {
    rmSync(join(dataDir, processFiles.pid), { force: true });
    return 'notRunning';
  }
  process.kill(pid, 'SIGINT');
  for (let waitedMs = 0; isAlive(pid, dataDir) && waitedMs < limitMs; waitedMs += pollMs) await setTimeout(pollMs);
  const isCutOff = isAlive(pid, dataDir);
  if (isCutOff) process.kill(pid, 'SIGKILL');
  rmSync(join(dataDir, processFiles.pid), { force: true });
  return isCutOff ? 'cutOff' : 'stopped';
}

/** Longest part of a log that is looked at for its last lines. */
const tailBytes = 256 * 1024;

/** The last lines that the process of a data directory has said. */
export function lastLines(dataDir: string, count: number): string[] {
  const path = join(dataDir, processFiles.output);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return [];
  const text = readFileSync(path).subarray(-tailBytes).toString('utf8');
  return text.trimEnd().split('\n').slice(-count);
}
