import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createClient } from '@assay/client';
import { freeFirstPort } from '@assay/node/deploy/free-ports';
import { portsPerNode } from '@assay/node/deploy/plan';
import { processOf, stopProcess } from '@assay/node/deploy/processes';
import { committee } from '@assay/node/devnet/genesis';
import type { Invocation } from '../command.ts';
import { CliError } from '../failures.ts';
import { agreeToFresh } from '../fresh.ts';
import { LiveLine } from '../terminal.ts';
import { frontLines } from '../welcome.ts';
import { initNetwork, type NetworkWish } from './init.ts';
import { networkOf } from './nodes.ts';
import { type Front, openFront } from './sessions.ts';
import { bringUp } from './up.ts';

const usualPort = 4200;
const pollMs = 1000;
const quietMs = 10_000;
const stopMs = 15_000;

export type DevnetWish = Pick<
  NetworkWish,
  'model' | 'upstream' | 'context' | 'threads' | 'preset' | 'settings' | 'profiles'
> & {
  readonly dir: string;
  readonly miners: number;
  readonly fresh: boolean;
};

/** What happens to it, for scripts. */
export type DevnetSays = (
  event: { event: 'ready'; api: string; apiKey: string; dataDir: string } | { event: 'stopped' },
) => void;

/**
 * Runs the default network with a process per role until it is asked to stop, or one of them ends by itself; ends all.
 * Throws what kept it from running.
 */
export async function runDevnetProcesses(
  wish: DevnetWish,
  run: Pick<Invocation<unknown>, 'home' | 'terminal' | 'environment' | 'json'>,
  { askedToStop, say }: { readonly askedToStop: Promise<null>; readonly say: DevnetSays },
): Promise<void> {
  const { terminal, json, environment } = run;
  const { dir } = wish;
  await prepare(wish, run);
  const { nodes } = await networkOf(dir, undefined);
  const live = new LiveLine(terminal.note, quietMs);
  let late: readonly string[] = [];
  try {
    const found = await bringUp(dir, nodes, {
      askedToStop,
      events: {
        onStarted: () => {},
        onReady: ({ node }) => live.show(`${node.name} is ready`),
        onWaiting: (waiting) => live.show(`Waiting for ${waiting.length} of ${nodes.length} processes`),
      },
    });
    live.end();
    const front = found === null ? null : await openFront(dir, found, environment);
    if (found === null) throw new CliError('interrupted', 'Interrupted before the network was up.');
    if (front === null)
      throw new CliError('failure', `${dir} has no gateway with a session: begin again with --fresh.`);
    const { api, apiKey, dataDir } = front;
    if (json) say({ event: 'ready', api: `${api}/v1`, apiKey, dataDir });
    else welcome(front, found.length, terminal.out);
    const dead = await watch(front, { dir, nodes: nodes.map((node) => node.dir), json, terminal, askedToStop });
    if (!json) terminal.note.write('Stopping …\n');
    if (dead !== null)
      throw new CliError('failure', `A process has ended by itself. What it said is in ${dead}/run.log.`);
  } finally {
    late = await stopAll(dir);
  }
  if (late.length > 0) {
    const message = `Cut off after ${stopMs / 1000} s: ${late.join(', ')}. Nothing acknowledged is lost.`;
    throw new CliError('interrupted', message);
  }
  if (json) say({ event: 'stopped' });
}

async function prepare(
  { dir, miners, fresh, ...wish }: DevnetWish,
  run: Pick<Invocation<unknown>, 'home' | 'terminal' | 'environment' | 'json'>,
): Promise<void> {
  if (fresh && (await agreeToFresh(dir, run))) {
    if (existsSync(join(dir, 'network.json'))) await stopAll(dir);
    rmSync(dir, { recursive: true, force: true });
  }
  if (existsSync(join(dir, 'network.json'))) return;
  const counts = { ...committee, miners };
  const nodes = Object.values(counts).reduce((sum, count) => sum + count, 0);
  await initNetwork(
    {
      ...wish,
      dir,
      counts,
      hosts: [{ name: 'here', address: '127.0.0.1' }],
      isSplit: false,
      firstPort: await freeFirstPort(usualPort, portsPerNode * (nodes + 1)),
      chainId: 'assay-devnet',
      hasFaucet: true,
    },
    run,
  );
}

/** Ends all processes; gives the names of those that did not end in time. */
async function stopAll(dir: string): Promise<string[]> {
  const { nodes } = await networkOf(dir, undefined);
  const ended = await Promise.all(nodes.map((node) => stopProcess(join(dir, node.dir), stopMs)));
  return nodes.filter((_, i) => ended[i] === 'cutOff').map(({ name }) => name);
}

function welcome(front: Front, count: number, out: NodeJS.WritableStream): void {
  const lines = ['', `Assay is running in ${count} processes.`, '', ...frontLines(front)];
  for (const line of lines) out.write(`${line}\n`);
}

interface Watch {
  readonly dir: string;
  readonly nodes: readonly string[];
  readonly json: boolean;
  readonly terminal: Invocation<unknown>['terminal'];
  readonly askedToStop: Promise<null>;
}

/** Shows how the network does; resolves to the directory of a node that died, or null when it is asked to stop. */
async function watch({ api }: Front, { dir, nodes, json, terminal, askedToStop }: Watch): Promise<string | null> {
  const live = new LiveLine(terminal.out, quietMs);
  const client = createClient({ baseUrl: api });
  let isAsked = false;
  void askedToStop.then(() => {
    isAsked = true;
  });
  while (!isAsked) {
    const dead = nodes.map((node) => join(dir, node)).find((dataDir) => processOf(dataDir) === 'died');
    if (dead !== undefined) return dead;
    const status = json ? null : await client.getStatus().catch(() => null);
    if (status !== null) {
      const { height, epoch, tasks } = status;
      live.show(`height ${height} · epoch ${epoch} · tasks ${tasks.certified} · ${tasks.audited} audited`);
    }
    await Promise.race([setTimeout(pollMs), askedToStop]);
  }
  live.end();
  return null;
}
