import { execFile, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AssayError } from '@assay/protocol';
import { childEnvironment } from '../../child-environment.ts';

/** The one version that is driven here. What it prints of itself is still the number before. */
const cometVersion = '0.40.0';
const printed = /^v?0\.(39|40)\.0\b/;
const leastGo = { major: 1, minor: 25 };
const command = 'github.com/cometbft/cometbft/cmd/cometbft';

const pinnedModule = fileURLToPath(new URL('../../../../../tools/cometbft/', import.meta.url));

export interface BinaryOptions {
  /** `--cometbft PATH`; when absent what ASSAY_COMETBFT names, then one that was built here, then one is built. */
  readonly given?: string | undefined;
  readonly log: (line: string) => void;
  /** Folder of the Go module that names the version; `tools/cometbft` when absent. */
  readonly module?: string;
  /** Where a built one is kept; `cometbft` in ASSAY_HOME, else in ~/.assay, when absent. */
  readonly cache?: string;
  /** The Go command; `go` when absent. */
  readonly go?: string;
}

/**
 * A CometBFT that can be started: given, built before, or built now where Go is. Throws AssayError
 * COMETBFT_UNAVAILABLE, which says what is missing and the line that installs it.
 */
export async function findCometBft(options: BinaryOptions): Promise<string> {
  const given = options.given ?? process.env.ASSAY_COMETBFT;
  if (given !== undefined && given !== '') return requireRunning(given);
  const built = builtPath(options);
  if (existsSync(built)) return requireRunning(built);
  await build(options, built);
  return requireRunning(built);
}

function builtPath({ cache = ownCache() }: BinaryOptions): string {
  return join(cache, `cometbft-${cometVersion}`);
}

function ownCache(): string {
  return join(process.env.ASSAY_HOME || join(homedir(), '.assay'), 'cometbft');
}

function requireRunning(path: string): string {
  const { stdout, error } = output(path, ['version']);
  if (error === undefined && printed.test(stdout)) return path;
  const what = error?.message ?? `\`${path} version\` prints ${JSON.stringify(stdout.trim())}`;
  throw unavailable(`${path} is no CometBFT ${cometVersion}: ${what}.`);
}

async function build({ module = pinnedModule, go = 'go', log }: BinaryOptions, built: string): Promise<void> {
  const problem = goProblem(go);
  if (problem !== null) throw unavailable(`${problem} ${howToInstall}`);
  if (!existsSync(join(module, 'go.sum'))) throw unavailable(`${module} is no Go module. ${howToInstall}`);
  log(`Building CometBFT ${cometVersion} with Go, once: it takes about three minutes …`);
  mkdirSync(dirname(built), { recursive: true });
  const partial = `${built}.${process.pid}`;
  const argv = ['build', '-mod=readonly', '-trimpath', '-o', partial, command];
  try {
    await promisify(execFile)(go, argv, { cwd: module, env: goEnvironment(), maxBuffer: 2 ** 26 });
    accessSync(partial, constants.X_OK);
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const last = stderr.trim().split('\n').at(-1) ?? '';
    throw unavailable(`Building it failed: ${last === '' ? String(error) : last}. ${howToInstall}`, error);
  }
  renameSync(partial, built);
  log(`CometBFT ${cometVersion} is built: ${built}`);
}

const howToInstall =
  `Install Go ${leastGo.major}.${leastGo.minor} or newer (https://go.dev/dl) and start again, or run ` +
  `\`go install ${command}@v${cometVersion}\` elsewhere and give the program's path with --cometbft PATH.`;

function goProblem(go: string): string | null {
  const { stdout, error } = output(go, ['version']);
  const [, major = '', minor = ''] = /\bgo(\d+)\.(\d+)/.exec(stdout) ?? [];
  if (error !== undefined || major === '') return 'There is no Go to build it with.';
  const isEnough = Number(major) > leastGo.major || Number(minor) >= leastGo.minor;
  return isEnough ? null : `It takes Go ${leastGo.major}.${leastGo.minor}, and this one is ${major}.${minor}.`;
}

function output(program: string, argv: string[]): SpawnSyncReturns<string> {
  return spawnSync(program, argv, { encoding: 'utf8', timeout: 20_000, env: goEnvironment() });
}

/** What Go needs to find its own caches and its proxy. */
function goEnvironment(): NodeJS.ProcessEnv {
  const names = ['GOPATH', 'GOCACHE', 'GOMODCACHE', 'GOPROXY', 'GOSUMDB', 'GOFLAGS', 'GOTOOLCHAIN', 'GOROOT'];
  const own = names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return childEnvironment(Object.fromEntries(own));
}

function unavailable(detail: string, cause?: unknown): AssayError {
  return new AssayError('COMETBFT_UNAVAILABLE', detail, { cause });
}
