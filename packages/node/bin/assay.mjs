#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const neededMajor = 24;
const entry = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

if (Number.parseInt(process.versions.node, 10) >= neededMajor) {
  await import('../src/cli/main.ts');
} else {
  const node = pinnedNode(dirname(entry));
  if (node === null) {
    process.stderr.write(
      `Assay needs Node ${neededMajor}; this is ${process.versions.node}, and the pinned one is not installed.\n` +
        'Run `npm install` in the repository, then try again.\n',
    );
    process.exit(1);
  }
  continueOn(node);
}

function pinnedNode(start) {
  const name = join('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return join(folder, name);
    if (folder === dirname(folder)) return null;
  }
}

// The channel tells the child when this process is gone, however it went.
function continueOn(node) {
  const child = spawn(node, [entry, ...process.argv.slice(2)], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
