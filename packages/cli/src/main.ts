import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { assayHome } from './home.ts';

// What Node compiled once it reads the next time: a node that was killed is back sooner.
enableCompileCache(join(assayHome(process.env), 'compiled'));
const { runProgram } = await import('./program.ts');

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const code = await runProgram(process.argv.slice(2), {
  terminal: { out: process.stdout, note: process.stderr },
  environment: process.env,
});

// Explicit, because a network that would not end in time leaves sockets and timers behind; the empty writes come last.
for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve));
process.exit(code);
