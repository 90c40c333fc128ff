import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  createWriteStream,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  type WriteStream,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { AssayError } from '@assay/protocol';
import type { Cancel, Runtime } from '@assay/roles/ports/runtime';
import { childEnvironment } from '../../child-environment.ts';
import { diskFailure, hasRoom } from '../../store/failures.ts';
import { CometLog } from './comet-log.ts';

/** A pause before the next start: twice as long each time, until it ran for so long. */
const firstPauseMs = 500;
const longestPauseMs = 30_000;
const steadyMs = 60_000;
/** How long it may take to end. */
const endMs = 10_000;
const maxLogBytes = 64 * 1024 * 1024;

export interface CometProcessOptions {
  readonly binary: string;
  readonly home: string;
  /** Sockets on which it listens: a process that was killed leaves them, and they stop the next. */
  readonly sockets: readonly string[];
  readonly runtime: Pick<Runtime, 'monotonicMs' | 'timer' | 'log'>;
  /** Hears that it ended by itself, and why. */
  readonly onNotice: (line: string) => void;
  /** Told when the disk of its home fails or is full: it is not started again. */
  readonly onFatal: (error: AssayError) => void;
}

/** Runs CometBFT, and runs it again when it ends by itself. What it writes is in `cometbft.log` of its home. */
export class CometProcess {
  readonly #options: CometProcessOptions;
  readonly #log: CometLog;
  #child: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  #cancel: Cancel | null = null;
  #isStopping = false;
  #pauseMs = firstPauseMs;
  #starts = 0;

  constructor(options: CometProcessOptions) {
    this.#options = options;
    this.#log = new CometLog(options.runtime);
  }

  /** Its process; null while it does not run. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** How often it was started. */
  get starts(): number {
    return this.#starts;
  }

  start(): void {
    this.#starts += 1;
    try {
      this.#start();
    } catch (error) {
      this.#child?.kill('SIGKILL');
      this.#fail(error);
    }
  }

  #start(): void {
    const { binary, home, sockets, runtime } = this.#options;
    this.#log.begin();
    for (const socket of sockets) rmSync(socket, { force: true });
    endLeftOver(join(home, 'cometbft.pid'), home);
    const file = logFile(join(home, 'cometbft.log'));
    const child = spawn(binary, ['node', '--home', home], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: childEnvironment(),
    });
    const startedMs = runtime.monotonicMs();
    this.#child = child;
    if (child.pid !== undefined) writeFileSync(join(home, 'cometbft.pid'), `${child.pid}\n`, { mode: 0o600 });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (piece: string) => {
        file.write(piece);
        this.#log.read(piece);
        if (this.#log.hasFailed) child.kill('SIGKILL');
      });
    }
    this.#ended = new Promise((resolve) => {
      const onEnd = (how: string) => {
        if (this.#child !== child) return;
        this.#child = null;
        file.end();
        rmSync(join(home, 'cometbft.pid'), { force: true });
        this.#again(how, runtime.monotonicMs() - startedMs);
        resolve();
      };
      child.once('error', ({ message }) => onEnd(`cannot be started: ${message}`));
      child.once('close', (code, signal) => onEnd(`ended with ${signal ?? `code ${code}`}`));
    });
  }

  /** Ends it, and waits until it has ended; by force when it takes longer than ten seconds. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancel?.();
    this.#child?.kill('SIGTERM');
    const cancel = this.#options.runtime.timer(endMs, () => this.#child?.kill('SIGKILL'));
    await this.#ended;
    cancel();
  }

  #fail(error: unknown): void {
    this.#isStopping = true;
    this.#options.onFatal(diskFailure(this.#options.home, error));
  }

  #again(how: string, ranMs: number): void {
    if (this.#isStopping) return;
    const { home, runtime, onNotice } = this.#options;
    if (isFull(this.#log.lastFault) || !hasRoom(home)) {
      this.#fail(new AssayError('DISK_FULL', home));
      return;
    }
    if (ranMs > steadyMs) this.#pauseMs = firstPauseMs;
    const why = this.#log.lastFault === '' ? '' : ` Its last fault: ${this.#log.lastFault}`;
    const seconds = this.#pauseMs / 1000;
    onNotice(`CometBFT ${how}; it starts again in ${seconds} s. See ${join(home, 'cometbft.log')}.${why}`);
    this.#cancel = runtime.timer(this.#pauseMs, () => this.start());
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
  }
}

/** How Go says it of a file that may not grow. */
function isFull(fault: string): boolean {
  return /no space left on device|disk quota exceeded|file too large/.test(fault);
}

function logFile(path: string): WriteStream {
  const size = existsSync(path) ? statSync(path).size : 0;
  if (size > maxLogBytes) renameSync(path, `${path}.1`);
  const file = createWriteStream(path, { flags: 'a', mode: 0o600 });
  // A disk that is full stops the store, which says so; the log is no second reason.
  file.on('error', () => {});
  return file;
}

/** Ends what a node that was killed left behind: it ends by itself only when it had met its node. */
function endLeftOver(pidFile: string, home: string): void {
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : Number.NaN;
  if (!Number.isSafeInteger(pid) || pid <= 1) return;
  const { stdout } = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  // The number may be another program's by now.
  if (!(stdout ?? '').includes(`node --home ${home}`)) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended meanwhile.
  }
}
