import { flushCompileCache } from 'node:module';
import type { NodeCondition } from '@assay/client';
import type { Step } from '@assay/node/host/enrol';
import type { RunningProcess } from '@assay/node/host/run-node';
import { z } from 'zod';
import { CliError } from './failures.ts';
import { resolveShown } from './model-progress.ts';
import { progressLine } from './node-lines.ts';
import { LiveLine, type Terminal } from './terminal.ts';

const pollMs = 500;
const quietMs = 10_000;
const stopMs = 10_000;

const count = z.int();
/** What a node says while it runs, a line each, with --json. */
export const runLine = z.discriminatedUnion('event', [
  z.object({ event: z.literal('notice'), text: z.string() }),
  z.object({
    event: z.literal('step'),
    name: z.string(),
    state: z.enum(['waiting', 'done', 'warning', 'failed']),
    text: z.string(),
  }),
  z.object({ event: z.literal('api'), api: z.string(), dataDir: z.string() }),
  z.object({
    event: z.literal('progress'),
    height: count,
    isCurrent: z.boolean(),
    lagBlocks: count.nullable(),
    lagSeconds: count,
    peers: count.nullable(),
  }),
  z.object({ event: z.literal('ready'), roles: z.array(z.string()) }),
  z.object({ event: z.literal('stopped') }),
]);
export type RunLine = z.infer<typeof runLine>;

/** Where a command that runs a node writes what happens. */
export class RunLog {
  readonly #terminal: Terminal;
  readonly #json: boolean;
  readonly #live: LiveLine;

  constructor({ terminal, json }: { readonly terminal: Terminal; readonly json: boolean }) {
    this.#terminal = terminal;
    this.#json = json;
    this.#live = new LiveLine(terminal.out, quietMs);
  }

  say(line: RunLine, text: readonly string[]): void {
    this.#live.end();
    if (this.#json) this.#terminal.out.write(`${JSON.stringify(line)}\n`);
    else for (const each of text) this.#terminal.out.write(`${each}\n`);
  }

  notice(text: string): void {
    this.say({ event: 'notice', text }, [text]);
  }

  step({
    name,
    state,
    text,
  }: Pick<Step, 'text'> & { name: string; state: Extract<RunLine, { event: 'step' }>['state'] }) {
    this.say({ event: 'step', name, state, text }, [`${marks[state]} ${text}`]);
  }

  progress(condition: NodeCondition): void {
    const { height, isCurrent, lagBlocks, lagSeconds, peers } = condition;
    if (!this.#json) this.#live.show(progressLine(condition));
    else
      this.#terminal.out.write(
        `${JSON.stringify({ event: 'progress', height, isCurrent, lagBlocks, lagSeconds, peers })}\n`,
      );
  }

  end(): void {
    this.#live.end();
  }
}

const marks = { waiting: '…', done: '✓', warning: '!', failed: '✗' } as const;

export interface RunShown {
  readonly dataDir: string;
  readonly home: string;
  readonly terminal: Terminal;
  readonly log: RunLog;
  readonly askedToStop: Promise<null>;
  /** Called once its roles run. */
  readonly onReady: (node: RunningProcess) => void;
}

/**
 * Runs the node of a data directory, its roles registered, until it is asked to stop, and shows how far it is. Throws
 * what ended it.
 */
export async function runShown(options: RunShown): Promise<void> {
  const { dataDir, home, terminal, log, askedToStop, onReady } = options;
  const { runNode } = await import('@assay/node/host/run-node');
  const { enrol } = await import('@assay/node/host/enrol');
  // A node that is killed writes nothing at its end, and one that runs has no time.
  flushCompileCache();
  const starting = runNode({
    dataDir,
    modelOf: (name) => resolveShown(name ?? undefined, { home, terminal }),
    onProgress: (text) => log.notice(text),
    prepare: (parts) => enrol(parts, (step) => log.step(step)),
  });
  const node = await Promise.race([starting, askedToStop]);
  if (node === null) throw new CliError('interrupted', 'Interrupted before the node was up.');
  log.say({ event: 'api', api: node.apiUrl, dataDir }, [`The API of this node: ${node.apiUrl}/assay/v1`]);
  let failure: Error | null = null;
  const ready = node.ready.then(() => {
    const roles = node.condition().roles.map(({ name }) => name);
    log.say({ event: 'ready', roles }, [
      `Running: ${roles.join(', ') || 'no role; it serves the chain'}. Ctrl-C ends it.`,
    ]);
    onReady(node);
    return new Promise<never>(() => {});
  });
  const timer = showing(node, log);
  try {
    failure = await Promise.race([node.failed, askedToStop, ready]);
  } catch (error) {
    failure = error as Error;
  }
  clearInterval(timer);
  log.end();
  // Why it ended is worth more than that its end took long.
  await stopWithin(node).catch((late: Error) => {
    failure ??= late;
  });
  if (failure !== null) throw failure;
  log.say({ event: 'stopped' }, ['Stopped. Nothing is lost: run it again and it goes on from here.']);
}

/** Shows how far the node is whenever that has changed, and now and then while it waits for a block. */
function showing(node: RunningProcess, log: RunLog): NodeJS.Timeout {
  let shown = -1;
  let quietLooks = 0;
  return setInterval(() => {
    const condition = node.condition();
    quietLooks += 1;
    if (condition.height === shown && quietLooks * pollMs < quietMs) return;
    shown = condition.height;
    quietLooks = 0;
    log.progress(condition);
  }, pollMs);
}

async function stopWithin(node: RunningProcess): Promise<void> {
  const message = `The node did not end within ${stopMs / 1000} s and was cut off. Nothing acknowledged is lost.`;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CliError('interrupted', message)), stopMs);
  });
  try {
    await Promise.race([node.stop(), late]);
  } finally {
    clearTimeout(timer);
  }
}
