import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

function packagesOf(lockFile) {
  return Object.entries(JSON.parse(readFileSync(lockFile, 'utf8')).packages).filter(([path]) => path !== '');
}

/**
 * Whether node_modules holds what package-lock.json names. npm leaves its own record of a finished install in
 * node_modules; an interrupted one leaves none. Packages of other platforms are optional and may be missing.
 */
export function isInstalled(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const present = new Map(packagesOf(record));
  return packagesOf(join(root, 'package-lock.json')).every(([path, wanted]) => {
    const found = present.get(path);
    if (found === undefined) return wanted.optional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

/** Files that show which locked packages have arrived, of those that surely belong on this platform. */
function expectedFiles(root) {
  const fits = (list, own) => list === undefined || [list].flat().includes(own);
  const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
  return packagesOf(join(root, 'package-lock.json'))
    .filter(([path, entry]) => path.startsWith('node_modules/') && entry.link !== true && entry.version !== undefined)
    .filter(([, { optional, os, cpu }]) => optional !== true || os !== undefined || cpu !== undefined)
    .filter(([, { os, cpu }]) => fits(os, process.platform) && fits(cpu, process.arch))
    .filter(([, entry]) => fits(entry.libc, libc))
    .map(([path]) => join(root, path, 'package.json'));
}

/** Shows how many packages have arrived; returns the function that ends the line. */
function showProgress(root) {
  const files = expectedFiles(root);
  const startedMs = performance.now();
  const isLive = process.stdout.isTTY === true;
  const draw = () => {
    const present = files.filter((path) => existsSync(path)).length;
    process.stdout.write(`\r  ${present} of ${files.length} `);
  };
  console.log(`Installing ${files.length} packages at their locked versions …`);
  const timer = isLive ? setInterval(draw, 500) : undefined;
  return (outcome) => {
    clearInterval(timer);
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    console.log(`${isLive ? '\r' : ''}${outcome} after ${seconds} s.`);
  };
}

/**
 * Runs `npm ci` with no install script: nothing we depend on needs one. npm's own words are shown only when it fails.
 * Throws an Error whose message says what to do.
 */
export async function install(root) {
  const { npm_execpath: ownNpm = '', npm_node_execpath: ownNode = process.execPath } = process.env;
  const [program, ...first] = ownNpm.endsWith('npm-cli.js') ? [ownNode, ownNpm] : ['npm'];
  const args = [
    ...first,
    'ci',
    '--loglevel=warn',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
  ];
  const end = showProgress(root);
  const shell = program === 'npm' && process.platform === 'win32';
  const npm = spawn(program, args, { cwd: root, shell, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  npm.stdout.on('data', (chunk) => output.push(chunk));
  npm.stderr.on('data', (chunk) => output.push(chunk));
  const code = await new Promise((resolve) => {
    npm.once('error', (error) => {
      output.push(Buffer.from(`${error.message}\n`));
      resolve(1);
    });
    npm.once('close', resolve);
  });
  if (code === 0) return end('Installed');
  end('The installation stopped');
  process.stderr.write(Buffer.concat(output));
  throw new Error(
    'npm could not install the packages; its own words are above. Check the network connection and the registry that ' +
      '"npm config get registry" names, then run the same command again: nothing has to be cleaned up first.',
  );
}
