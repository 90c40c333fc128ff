import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type Client, createClient, type TaskDetail } from '@assay/client';
import { processOf } from '@assay/node/deploy/processes';
import OpenAI from 'openai';

const root = resolve(import.meta.dirname, '../..');
const main = join(root, 'packages/cli/src/main.ts');

/** How a command ended and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in a process of its own, which `before` starts when it is given, as `ip netns exec NAME`. */
export function assay(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  before: readonly string[] = [],
): Promise<Ended> {
  return runs([...before, process.execPath, main, ...args], { cwd: root, env: { ...process.env, ...environment } });
}

/** Runs a program to its end. */
export async function runs([program = '', ...args]: readonly string[], options: SpawnOptions): Promise<Ended> {
  const child = spawn(program, args, { cwd: options.cwd, env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
  const parts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    parts.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    parts.err += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...parts };
}

type Line = { readonly event: string } & Record<string, unknown>;

interface StartOptions {
  readonly dataDir: string;
  readonly args?: readonly string[];
  /** What stands for `assay`, and where it runs; the sources in the repository by default. */
  readonly program?: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Whether each role has a process of its own. */
  readonly isSplit?: boolean;
}

/** `assay up --json` in a process of its own, and the official clients pointed at it. */
export class RunningNetwork {
  readonly api: string;
  readonly apiKey: string;
  /** Of the node whose API it is. */
  readonly dataDir: string;
  readonly openai: OpenAI;
  readonly client: Client;
  readonly process: ChildProcess;
  readonly lines: Line[] = [];
  readonly #options: StartOptions;

  private constructor(options: StartOptions, child: ChildProcess, ready: Line, lines: Line[]) {
    this.#options = options;
    this.process = child;
    this.lines = lines;
    this.api = ready.api as string;
    this.apiKey = ready.apiKey as string;
    this.dataDir = ready.dataDir as string;
    this.openai = this.openaiWith(this.apiKey);
    this.client = createClient({ baseUrl: this.api.replace(/\/v1$/, '') });
  }

  /** Resolves at the ready line; rejects with what the process said when it ends before. */
  static async start(options: StartOptions): Promise<RunningNetwork> {
    const [program, ...first] = options.program ?? [process.execPath, main];
    const kind = options.isSplit === true ? ['--processes'] : ['--port', '0'];
    const args = ['up', '--json', ...kind, '--data', options.dataDir, ...(options.args ?? [])];
    const { cwd = root, env = process.env } = options;
    const child = spawn(program, [...first, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    const lines: Line[] = [];
    const ready = await new Promise<Line>((accept, reject) => {
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line = JSON.parse(text) as Line;
        lines.push(line);
        if (line.event === 'ready') accept(line);
      });
      child.once('exit', (code) => reject(new Error(`the network ended with ${code} before it was ready: ${err}`)));
    });
    return new RunningNetwork(options, child, ready, lines);
  }

  /** The official client with another API key. */
  openaiWith(apiKey: string): OpenAI {
    return new OpenAI({ baseURL: this.api, apiKey, maxRetries: 0 });
  }

  /** Starts it again, as it was started, from what it has left. */
  again(): Promise<RunningNetwork> {
    return RunningNetwork.start(this.#options);
  }

  /** What a command is told whose signer is a user: where the keys lie that no role needs, and which node it asks. */
  get wallet(): readonly string[] {
    const { isSplit, dataDir } = this.#options;
    return isSplit === true ? ['--data', join(dataDir, 'cold'), '--api', this.api] : ['--data', this.dataDir];
  }

  /** The number that the chain has given a role. */
  async indexOf(name: string): Promise<number> {
    const { roles } = await this.#nodeOf(name).client.getNode();
    return roles.find((role) => role.name === name)?.index ?? -1;
  }

  async stopRole(name: string): Promise<void> {
    const { client, adminToken } = this.#nodeOf(name);
    await client.setRole({ name, running: false, adminToken });
  }

  async startRole(name: string): Promise<void> {
    const { client, adminToken } = this.#nodeOf(name);
    await client.setRole({ name, running: true, adminToken });
  }

  /** The node that runs a role. */
  #nodeOf(name: string): { readonly client: Client; readonly adminToken: string } {
    const dir = this.#options.isSplit === true ? join(this.#options.dataDir, name) : this.dataDir;
    const text = readFileSync(join(dir, 'node.json'), 'utf8');
    const { api, adminToken } = JSON.parse(text) as { api: string; adminToken: string };
    return { client: createClient({ baseUrl: api }), adminToken };
  }

  /** Ctrl-C; resolves to the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGINT');
  }

  /** All its processes at once, with kill -9. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
    const { isSplit, dataDir } = this.#options;
    if (isSplit !== true) return;
    const pids = readdirSync(dataDir).map((name) => processOf(join(dataDir, name)));
    for (const pid of pids) if (typeof pid === 'number') process.kill(pid, 'SIGKILL');
    const isGone = () => readdirSync(dataDir).every((name) => typeof processOf(join(dataDir, name)) !== 'number');
    await eventually(async () => (isGone() ? true : null));
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return this.process.exitCode;
    const exited = once(this.process, 'exit');
    this.process.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }
}

/**
 * Of the ports of a network. Below those that connections are given: one of those may have that of a node that was
 * killed.
 */
export const firstPort = 20_000 + (process.pid % 1200) * 10;

/** A directory that is gone when the test is. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'assay-e2e-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Asks again until `read` gives something; the test's own timeout ends a vain wait. */
export async function eventually<T>(read: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const value = await read();
    if (value !== null) return value;
    await new Promise((accept) => setTimeout(accept, 200));
  }
}

/** The task once the chain has come that far with it. */
export function taskWith(
  network: Pick<RunningNetwork, 'client'>,
  taskId: string,
  isThere: (task: TaskDetail) => boolean,
): Promise<TaskDetail> {
  return eventually(async () => {
    const task = await network.client.getTask(taskId);
    return task.status !== 'pending' && isThere(task) ? task : null;
  });
}

/** Resolves when so many mixers have a seat: one that was away for an epoch has lost its own until the next (§7.12). */
export async function seats(client: Client, count: number): Promise<void> {
  await eventually(async () => ((await client.getCommittee()).mixers.length === count ? true : null));
}

/** The receipt id in an answer of the API. */
export function receiptIdOf(answer: unknown): string {
  return (answer as { assay: { receipt_id: string } }).assay.receipt_id;
}
