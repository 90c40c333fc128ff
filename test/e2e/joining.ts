import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from './network.ts';

const root = resolve(import.meta.dirname, '../..');
const main = join(root, 'packages/cli/src/main.ts');

/** One JSON object of a command that goes on. */
export type Line = { readonly event: string; readonly name?: string; readonly state?: string; readonly text?: string };

/** `assay join --json` in a process of its own. */
export class Joining {
  readonly process: ChildProcess;
  readonly lines: Line[] = [];

  /** `before` starts it when it is given, as `ip netns exec NAME`. */
  constructor(args: readonly string[], before: readonly string[] = []) {
    const [command = '', ...rest] = [...before, process.execPath, main, 'join', '--json', ...args];
    this.process = spawn(command, rest, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const { stdout, stderr } = this.process;
    if (stdout === null || stderr === null) throw new Error('it has pipes');
    createInterface({ input: stdout }).on('line', (text) => this.lines.push(JSON.parse(text) as Line));
    stderr.resume();
  }

  /** Resolves once it has said something like this. */
  async until(isThere: (line: Line) => boolean): Promise<Line> {
    return eventually(async () => {
      if (this.process.exitCode !== null) throw new Error(`it ended: ${JSON.stringify(this.lines.slice(-3))}`);
      return this.lines.find(isThere) ?? null;
    });
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const exited = once(this.process, 'exit');
    this.process.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }
}
