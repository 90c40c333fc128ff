import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where Debian puts the server's programs, which are not on the path. */
const debianFolder = '/usr/lib/postgresql';
const absent = 'not installed; on Debian and Ubuntu `apt-get install postgresql` brings it';

function serverFolder(): string | null {
  const versions = existsSync(debianFolder) ? readdirSync(debianFolder).sort() : [];
  const folders = [
    ...versions.map((version) => join(debianFolder, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ];
  return (
    folders.find((folder) => ['initdb', 'postgres', 'psql'].every((name) => existsSync(join(folder, name)))) ?? null
  );
}

/** The server refuses to run as root: there it runs as the user `postgres` that its package makes. */
function unprivileged(): { uid: number; gid: number } | null | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return Number.isNaN(id('-u')) || id('-u') === 0 ? null : { uid: id('-u'), gid: id('-g') };
}

/** A server of its own in a temporary folder, reached through a socket in it; default settings. */
export class Postgres {
  readonly version: string;
  readonly #dir: string;
  readonly #server: ChildProcess;
  readonly #shell: ChildProcess;
  readonly #stopped: Promise<unknown>;
  #heard = '';

  private constructor(parts: { version: string; dir: string; server: ChildProcess; shell: ChildProcess }) {
    this.version = parts.version;
    this.#dir = parts.dir;
    this.#server = parts.server;
    this.#shell = parts.shell;
    this.#stopped = once(this.#shell, 'exit');
    this.#shell.stdout?.on('data', (chunk) => (this.#heard += chunk));
  }

  /** Null and the reason when there is no server on this machine. */
  static async start(): Promise<Postgres | string> {
    const folder = serverFolder();
    const user = unprivileged();
    if (folder === null || user === null) return absent;
    const dir = mkdtempSync(join(tmpdir(), 'assay-bench-postgres-'));
    if (user !== undefined) chownSync(dir, user.uid, user.gid);
    const options = { ...user, cwd: dir };
    execFileSync(join(folder, 'initdb'), ['-D', `${dir}/data`, '-A', 'trust', '-U', 'bench'], {
      ...options,
      stdio: 'pipe',
    });
    const version =
      execFileSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' }).trim().split(' ').at(2) ?? '';
    const arguments_ = ['-D', `${dir}/data`, '-k', dir, '-c', 'listen_addresses='];
    const server = spawn(join(folder, 'postgres'), arguments_, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    await readyLine(server);
    const shell = spawn(
      join(folder, 'psql'),
      ['-qAtX', '-h', dir, '-U', 'bench', '-v', 'ON_ERROR_STOP=1', 'postgres'],
      {
        ...options,
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    return new Postgres({ version, dir, server, shell });
  }

  /** Runs statements, `COPY … FROM STDIN` with its rows included; resolves when the server has done them all. */
  async run(sql: string): Promise<void> {
    const { stdin, stdout } = this.#shell;
    if (stdin === null || stdout === null) throw new Error('psql has no pipes');
    this.#heard = '';
    stdin.write(`${sql}\n\\echo done\n`);
    while (!this.#heard.includes('done\n')) {
      await Promise.race([once(stdout, 'data'), this.#stopped]);
      if (this.#shell.exitCode !== null) throw new Error('psql stopped; its message is above');
    }
  }

  async stop(): Promise<void> {
    this.#shell.stdin?.end();
    const ended = once(this.#server, 'exit');
    this.#server.kill('SIGINT');
    await ended;
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

async function readyLine(server: ChildProcess): Promise<void> {
  let log = '';
  for await (const chunk of server.stderr ?? []) {
    log += chunk;
    if (log.includes('ready to accept connections')) break;
  }
  if (!log.includes('ready to accept connections')) throw new Error(`PostgreSQL did not start:\n${log}`);
}
