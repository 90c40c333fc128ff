import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { join } from 'node:path';

/** npm passes on a Ctrl-C that the terminal has already delivered; the same signal within this time is that echo. */
const echoMs = 500;

/** The platform package of Node that package.json pins. */
function nodePackage() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const prefix = platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  return `${prefix}-${platform}-${process.arch}`;
}

/** Says what to do on a Node that is too old even to start from. */
export function checkNode() {
  if (Number.parseInt(process.versions.node, 10) >= 20) return;
  throw new Error(
    `Assay needs Node.js 20 or newer; this is ${process.version}. Install a newer one and run the command again.`,
  );
}

/**
 * Path of the Node that the package.json in `root` pins, wherever npm put it for that package, or of the running one
 * where no pinned build exists and the running one is new enough.
 */
export function pinnedNode(root) {
  const name = nodePackage();
  const read = (path) => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const pinned = Object.entries(read(root).optionalDependencies).find(([dependency]) => dependency === name)?.[1];
  const program = join('bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const folders = createRequire(join(root, 'package.json'))
    .resolve.paths(name)
    .map((path) => join(path, name));
  const folder = folders.find((each) => existsSync(join(each, program)) && read(each).version === pinned);
  if (folder !== undefined) return join(folder, program);
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath;
  throw new Error(
    `Node.js ${pinned ?? 24} is not in node_modules (package ${name}), and the running ${process.version} ` +
      'is too old. Install the packages again with --include=optional, or install Node.js 24; then run it again.',
  );
}

/**
 * Runs `node args` with this process's terminal and resolves to its exit code (128 + n after signal n).
 *
 * The child leads a process group of its own, so that a signal reaches it once, from here, however many copies the
 * terminal and npm deliver. When this process is killed outright, the child sees `disconnect` on its IPC channel.
 */
export function launch(node, args, options) {
  const detached = process.platform !== 'win32';
  const child = spawn(node, args, { ...options, detached, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  if (detached) forwardSignals(child);
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new Error(`${node} does not run here: ${cause.message}`, { cause })));
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

function forwardSignals(child) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    let lastMs = Number.NEGATIVE_INFINITY;
    process.on(signal, () => {
      const nowMs = performance.now();
      if (nowMs - lastMs >= echoMs) child.kill(signal);
      lastMs = nowMs;
    });
  }
  process.on('SIGWINCH', () => child.kill('SIGWINCH'));
  process.on('SIGCONT', () => child.kill('SIGCONT'));
  process.on('SIGTSTP', () => {
    child.kill('SIGSTOP');
    process.kill(process.pid, 'SIGSTOP');
  });
}
