import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { freeFirstPort } from '../../deploy/free-ports.ts';
import type { Served } from './served.fixture.ts';

/** A server that runs; its address ends with `/v1`. */
export type RealServer = Pick<Served, 'url' | 'close'>;

const pollMs = 200;
const patienceMs = 60_000;

/** The real llama.cpp server; null where none is. */
export const llamaServerBinary = process.env.ASSAY_LLAMA_SERVER ?? onPath('llama-server');

/** What to do where there is none. */
export const llamaServerCure =
  'Install it with `brew install llama.cpp` or `winget install llama.cpp`, or build it (cmake -B build && cmake ' +
  '--build build --target llama-server) and name it in ASSAY_LLAMA_SERVER.';

function onPath(name: string): string | null {
  const found = spawnSync(process.platform === 'win32' ? 'where' : 'which', [name], { encoding: 'utf8' });
  return found.status === 0 ? (found.stdout.split('\n')[0] ?? '').trim() : null;
}

/** Starts it with a model file, one thread and one slot, and waits until it is ready. Rejects when it never is. */
export async function startRealServer(binary: string, model: string, contextTokens: number): Promise<RealServer> {
  const port = await freeFirstPort(18_400, 1);
  const url = `http://127.0.0.1:${port}`;
  const args = ['-m', model, '--port', String(port), '-c', String(contextTokens), '-np', '1', '-t', '1'];
  const child = spawn(binary, args, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const isUp = async () => (await fetch(`${url}/health`).catch(() => null))?.ok === true;
  for (let waitedMs = 0; !(await isUp()); waitedMs += pollMs) {
    if (child.exitCode !== null || waitedMs > patienceMs) throw new Error(`${binary} does not start with ${model}.`);
    await delay(pollMs);
  }
  return {
    url: `${url}/v1`,
    close: async () => {
      child.kill();
      await exited;
    },
  };
}
