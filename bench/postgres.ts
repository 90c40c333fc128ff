import { type ChildProcess, type SpawnSyncOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row } from './bench.ts';

/** Where Debian puts the server's programs, which are not on the path. */
const debianFolder = '/usr/lib/postgresql';
const absent = 'not installed; on Debian and Ubuntu `apt-get install postgresql` brings it';
const patienceMs = 60_000;

/** The programs of a server, and whom they run as: this user without one. */
interface Installation {
  readonly folder: string;
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** The server refuses to run as root: there it runs as the user `postgres` that its package makes. */
function installation(): Installation | null {
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder).sort() : [];
  const folders = [
    ...versions.map((version) => join(debianFolder, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ];
  const programs = ['initdb', 'postgres', 'psql'];
  const folder = folders.find((each) => programs.every((name) => existsSync(join(each, name))));
  if (folder === undefined) return null;
  if (process.getuid?.() !== 0) return { folder };
  const [uid, gid] = ['-u', '-g'].map((flag) =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout),
  );
  return uid && gid ? { folder, user: { uid, gid } } : null;
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? '';

/** What a program prints; throws with the last line of its complaint. */
function outputOf(program: string, options: SpawnSyncOptions, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    ...options,
    encoding: 'utf8',
    timeout: patienceMs,
  });
  if (status === 0) return String(stdout).trim();
  throw new Error(`${program}: ${error?.message ?? (lastLine(String(stderr)) || `exit status ${status}`)}`);
}

/** A server of its own in a temporary folder, reached through a socket in it; default settings. */
export class Postgres {
  readonly version: string;
  readonly #dir: string;
  readonly #server: ChildProcess;
  readonly #shell: ChildProcess;
  readonly #closed: Promise<void>;
  #isClosed = false;
  #heard = '';
  #complaint = '';

  private constructor(parts: { version: string; dir: string; server: ChildProcess; shell: ChildProcess }) {
    this.version = parts.version;
    this.#dir = parts.dir;
    this.#server = parts.server;
    this.#shell = parts.shell;
    this.#shell.stdout?.on('data', (chunk) => (this.#heard += chunk));
    this.#shell.stderr?.on('data', (chunk) => (this.#complaint += chunk));
    this.#shell.once('error', ({ message }) => (this.#complaint += message));
    this.#closed = new Promise((resolve) => {
      this.#shell.once('close', () => {
        this.#isClosed = true;
        resolve();
      });
    });
    // What psql cannot read any more is said by its end.
    this.#shell.stdin?.on('error', () => {});
  }

  /** The server, or why there is none on this machine, in one line. */
  static async start(installed: Installation | null = installation()): Promise<Postgres | string> {
    if (installed === null) return absent;
    const { folder, user } = installed;
    const dir = mkdtempSync(join(tmpdir(), 'assay-bench-postgres-'));
    if (user !== undefined) chownSync(dir, user.uid, user.gid);
    const options = { ...user, cwd: dir };
    let server: ChildProcess | null = null;
    try {
      outputOf(join(folder, 'initdb'), options, '-D', `${dir}/data`, '-A', 'trust', '-U', 'bench');
      const version = outputOf(join(folder, 'postgres'), options, '--version').split(' ').at(2) ?? '';
      const args = ['-D', `${dir}/data`, '-k', dir, '-c', 'listen_addresses='];
      server = spawn(join(folder, 'postgres'), args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
      await ready(server);
      const asBench = ['-qAtX', '-h', dir, '-U', 'bench', '-v', 'ON_ERROR_STOP=1', 'postgres'];
      const shell = spawn(join(folder, 'psql'), asBench, options);
      const started = new Postgres({ version, dir, server, shell });
      await started.run('SELECT 1;');
      return started;
    } catch (error) {
      await end(server, dir);
      return `does not start here: ${(error as Error).message}`;
    }
  }

  /** Runs statements, `COPY … FROM STDIN` with its rows included; resolves when the server has done them all. */
  async run(sql: string): Promise<void> {
    const { stdin, stdout } = this.#shell;
    if (stdin === null || stdout === null) throw new Error('psql has no pipes');
    this.#heard = '';
    stdin.write(`${sql}\n\\echo done\n`);
    while (!this.#heard.includes('done\n')) {
      await Promise.race([once(stdout, 'data'), this.#closed]);
      if (this.#isClosed) throw new Error(`psql stopped: ${lastLine(this.#complaint)}`);
    }
  }

  async stop(): Promise<void> {
    this.#shell.stdin?.end();
    await end(this.#server, this.#dir);
  }
}

async function end(server: ChildProcess | null, dir: string): Promise<void> {
  if (server?.pid !== undefined && server.exitCode === null && server.signalCode === null) {
    const ended = once(server, 'exit');
    server.kill('SIGINT');
    await ended;
  }
  rmSync(dir, { recursive: true, force: true });
}

async function ready(server: ChildProcess): Promise<void> {
  let log = '';
  server.once('error', ({ message }) => (log += message));
  const late = setTimeout(() => server.kill('SIGKILL'), patienceMs);
  for await (const chunk of server.stderr ?? []) {
    log += chunk;
    if (log.includes('ready to accept connections')) break;
  }
  clearTimeout(late);
  if (!log.includes('ready to accept connections')) throw new Error(`postgres: ${lastLine(log)}`);
}

/** The row of PostgreSQL: what `measure` gives, or skipped with the reason where no server starts. */
export async function postgresRow(
  note: string,
  measure: (server: Postgres) => Promise<number>,
  start: () => Promise<Postgres | string> = () => Postgres.start(),
): Promise<Row> {
  const server = await start();
  if (typeof server === 'string') return { who: 'PostgreSQL', value: null, note: server };
  try {
    return { who: `PostgreSQL ${server.version}`, value: await measure(server), note };
  } finally {
    await server.stop();
  }
}
