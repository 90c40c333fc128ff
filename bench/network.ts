import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const root = join(import.meta.dirname, '..');

/** `npm start` in a process of its own, on a data directory of its own. */
export class Network {
  readonly api: string;
  readonly apiKey: string;
  readonly #child: ChildProcess;
  readonly #dir: string;

  private constructor(parts: { api: string; apiKey: string; child: ChildProcess; dir: string }) {
    this.api = parts.api;
    this.apiKey = parts.apiKey;
    this.#child = parts.child;
    this.#dir = parts.dir;
  }

  /** Resolves when the network says that it is ready. */
  static async start(args: readonly string[] = []): Promise<Network> {
    const dir = mkdtempSync(join(tmpdir(), 'assay-bench-network-'));
    const all = [join(root, 'tools/run.mjs'), 'start', '--json', '--port', '0', '--data', join(dir, 'data'), ...args];
    const child = spawn(process.execPath, all, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line);
      if (said.event !== 'ready') continue;
      child.stdout.resume();
      return new Network({ api: said.api, apiKey: said.apiKey, child, dir });
    }
    throw new Error('the network ended before it was ready');
  }

  /** Bytes in memory of all its processes, shared pages counted once; null where the system does not say. */
  residentBytes(): number | null {
    const own = [this.#child.pid ?? 0];
    for (const pid of own) own.push(...childrenOf(pid));
    const parts = own.map(proportionalBytes);
    return parts.includes(null) ? null : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0);
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    await ended;
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8'));
    return lists
      .flatMap((list) => list.split(' '))
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}

function proportionalBytes(pid: number): number | null {
  try {
    const [, kilobytes] = /^Pss: +(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
    return Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

/** Seconds to the first and to the last byte of a streamed answer; what is refused while audits lag is asked again. */
export async function ask(
  { api, apiKey }: { api: string; apiKey: string },
  body: object,
): Promise<{ first: number; last: number }> {
  const startedMs = performance.now();
  const response = await fetch(`${api}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
    body: JSON.stringify({ ...body, stream: true }),
  });
  if (response.status === 429) {
    await response.body?.cancel();
    await delay(1000);
    return ask({ api, apiKey }, body);
  }
  if (!response.ok || response.body === null) throw new Error(`${response.status}: ${await response.text()}`);
  let firstMs: number | null = null;
  for await (const _chunk of response.body) firstMs ??= performance.now();
  const seconds = (ms: number) => (ms - startedMs) / 1000;
  return { first: seconds(firstMs ?? performance.now()), last: seconds(performance.now()) };
}
