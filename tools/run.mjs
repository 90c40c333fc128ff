/**
 * The way in for every script of package.json. It runs on any Node the user has (20 or newer) with nothing installed:
 * plain JavaScript, no dependencies. It installs what the lock file names, then continues on the pinned Node.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, isInstalled } from './install.mjs';
import { checkNode, launch, pinnedNode } from './launch.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const vitest = ['node_modules/vitest/vitest.mjs', 'run'];
const biome = 'node_modules/@biomejs/biome/bin/biome';

const cli = 'packages/cli/src/main.ts';

/** Script name → the program and first arguments that the pinned Node gets, where it runs, and variables it adds. */
const commands = {
  start: { args: [cli, 'up'], cwd: process.cwd() },
  assay: { args: [cli], cwd: process.cwd() },
  test: { args: vitest },
  'test:crash': { args: [...vitest, 'test/crash'], env: { ASSAY_CRASH_KILLS: '1000' } },
  'test:honest': { args: [...vitest, 'packages/node/test/honest.test.ts'], env: { ASSAY_HONEST_CASES: '1000000' } },
  check: { args: [...vitest, 'test/structure'] },
  lint: { args: [biome, 'check'] },
  format: { args: [biome, 'check', '--write'] },
  types: { args: ['node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'] },
  tidy: { args: ['tools/tidy.ts'] },
  bench: { args: ['bench/run.ts'] },
  sim: { args: ['packages/sim/src/main.ts'] },
  justice: { args: ['packages/sim/src/justice/main.ts'] },
  vectors: { args: ['tools/vectors.ts'] },
  release: { args: ['tools/release.ts'] },
};

function stop(sentence) {
  console.error(sentence);
  process.exit(1);
}

const [name = '', ...rest] = process.argv.slice(2);
const command = commands[name];

if (command === undefined) {
  stop(`There is no script "${name}". The scripts are: ${Object.keys(commands).join(', ')}.`);
}
try {
  checkNode();
  if (!isInstalled(root)) await install(root);
  const [program, ...args] = command.args;
  process.exitCode = await launch(pinnedNode(root), [join(root, program), ...args, ...rest], {
    cwd: command.cwd ?? root,
    env: { ...process.env, ...command.env },
  });
} catch (error) {
  stop(error.message);
}
