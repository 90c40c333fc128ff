import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { NodeCondition } from '@assay/client';
import { cometForTests } from '@assay/node/consensus/cometbft/net.fixture';
import { cable, missingForNat, withinSpace } from '@assay/node/network/libp2p/nat.fixture';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { assay, eventually, runs, temporaryDirectory } from './network.ts';

const main = resolve(import.meta.dirname, '../../packages/cli/src/main.ts');
const hosts = { berlin: '203.0.113.7', oslo: '203.0.113.8' } as const;
type Host = keyof typeof hosts;
const names = Object.keys(hosts) as Host[];
const shape = '--validators 2 --mixers 2 --miners 0 --oracles 0 --gateways 0'.split(' ');

const binary = await cometForTests();
const skipped = (what: string, why: string | null) => why !== null && console.warn(`SKIPPED: ${what}. ${why}`);
const noSpaces = missingForNat();
const noSystemd = spawnSync('systemd-analyze', ['--version']).status === 0 ? null : 'There is no systemd-analyze here.';
const noYaml = spawnSync('python3', ['-c', 'import yaml']).status === 0 ? null : 'apt-get install -y python3-yaml';
skipped('units of systemd on two machines', noSpaces);
skipped('systemd-analyze verify of the units', noSystemd);
skipped('compose.yaml read by a parser', noYaml);

/** What a unit says under a name, once or more often. */
const said = (unit: string, name: string) =>
  unit.split('\n').flatMap((line) => (line.startsWith(`${name}=`) ? [line.slice(name.length + 1)] : []));

describe('what `network init --hosts` writes for each machine', () => {
  const directory = temporaryDirectory();
  const dir = join(directory.path, 'network');
  const unitsOf = (host: Host) =>
    readdirSync(join(dir, host, 'systemd')).map((name) => join(dir, host, 'systemd', name));

  beforeAll(async () => {
    const file = join(directory.path, 'hosts.txt');
    writeFileSync(file, names.map((name) => `${name} ${hosts[name]}\n`).join(''));
    const engine = binary === null ? 'embedded' : 'cometbft';
    const made = await assay(['network', 'init', '--dir', dir, '--hosts', file, ...shape, '--engine', engine]);
    expect(made.err + made.out).toContain('Copy each directory to its machine');
  }, 120_000);

  afterAll(() => directory.remove());

  it.skipIf(noSystemd !== null)(
    'has units that systemd takes as they are',
    () => {
      const root = join(directory.path, 'root');
      const place = join(root, 'etc/systemd/system');
      for (const path of [place, join(root, 'usr/local/bin')]) mkdirSync(path, { recursive: true });
      writeFileSync(join(root, 'usr/local/bin/assay'), '#!/bin/sh\n');
      chmodSync(join(root, 'usr/local/bin/assay'), 0o755);
      for (const lib of ['/usr/lib/systemd/system', '/lib/systemd/system']
        .filter((path) => existsSync(path))
        .slice(0, 1)) {
        cpSync(lib, join(root, 'usr/lib/systemd/system'), { recursive: true, verbatimSymlinks: true });
      }
      for (const host of names) cpSync(join(dir, host, 'systemd'), place, { recursive: true });
      const units = readdirSync(place);
      expect(units.length).toBeGreaterThan(names.length);
      const verify = (unit: string) => {
        const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--root', root, join(place, unit)], {
          encoding: 'utf8',
        });
        return { status, found: stderr.split('\n').filter((line) => line.includes('assay-')) };
      };
      for (const unit of units) expect(verify(unit)).toEqual({ status: 0, found: [] });
      writeFileSync(
        join(place, 'assay-bad.service'),
        '[Service]\nExecStart=/usr/local/bin/assay\nKillSignal=SIGNONE\n',
      );
      expect(verify('assay-bad.service').found).not.toEqual([]);
    },
    60_000,
  );

  it.skipIf(noYaml !== null)('has a compose file whose services are its nodes, each with its own directory', () => {
    const read = 'import json,sys,yaml; print(json.dumps(yaml.safe_load(sys.stdin)))';
    for (const host of names) {
      const path = join(dir, host, 'compose.yaml');
      const text = execFileSync('python3', ['-c', read], { input: readFileSync(path), encoding: 'utf8' });
      const { services } = JSON.parse(text) as { services: Record<string, { command: string[]; volumes: string[] }> };
      const { program, ...nodes } = services;
      expect(program?.command.slice(0, 2)).toEqual(['npm', 'install']);
      const units = unitsOf(host).map((unit) => readFileSync(unit, 'utf8'));
      const started = units.flatMap((unit) => said(unit, 'ExecStart'));
      expect(Object.keys(nodes).length).toBe(started.length);
      for (const [name, { command, volumes }] of Object.entries(nodes)) {
        // The same words as in the unit of that node, but for where things lie.
        const words = command.join(' ').replace('/assay/program/bin/', '/usr/local/bin/');
        expect(started).toContain(words.replace(/ \/data$/, ` /var/lib/assay/${name}`));
        expect(volumes).toContain(`./${name}:/data`);
        expect(existsSync(join(dirname(path), name, 'config.json'))).toBe(true);
      }
    }
  });

  it.skipIf(noSpaces !== null)(
    'runs by what the units say, on two machines that have nothing but their directory',
    async () => {
      const spaces = { berlin: `assay-b-${process.pid}`, oslo: `assay-o-${process.pid}` };
      for (const space of Object.values(spaces)) {
        execFileSync('ip', ['netns', 'add', space]);
        onTestFinished(() => void execFileSync('ip', ['netns', 'del', space]));
        withinSpace(space, 'ip', 'link', 'set', 'lo', 'up');
      }
      const ends = names.map((name) => ({ space: spaces[name], name: `to-${name}`, at: `${hosts[name]}/24` }));
      cable(...ends);
      const nodes: RunningUnit[] = [];
      onTestFinished(async () => {
        await Promise.all(nodes.map(({ child }) => ended(child)));
      });
      for (const host of names) {
        const home = join(dir, host, 'home');
        mkdirSync(home);
        symlinkSync(join(process.env.ASSAY_HOME ?? join(homedir(), '.assay'), 'models'), join(home, 'models'));
        for (const unit of unitsOf(host)) nodes.push(start(unit, join(dir, host), spaces[host]));
      }
      for (const node of nodes) await eventually(() => whenItRuns(node));
    },
    300_000,
  );
});

interface RunningUnit {
  readonly child: ChildProcess;
  readonly space: string;
  readonly dataDir: string;
  readonly log: string;
}

/** Runs what a unit starts, with what it sets, where its machine has its directory and the program. */
function start(path: string, hostDir: string, space: string): RunningUnit {
  const unit = readFileSync(path, 'utf8');
  const name = /assay-(.*)\.service$/.exec(basename(path))?.[1] ?? '';
  const dataDir = join(hostDir, name);
  const log = join(dataDir, 'run.log');
  const set = said(unit, 'Environment').join(' ');
  const [command] = said(unit, 'ExecStart');
  const script = `set -e
mount -t tmpfs none /var/lib && mkdir /var/lib/assay && mount --bind ${hostDir} /var/lib/assay
mount -t tmpfs none /usr/local/bin
printf '#!/bin/sh\\nexec ${process.execPath} ${main} "$@"\\n' > /usr/local/bin/assay && chmod +x /usr/local/bin/assay
cd / && exec env -i PATH=/usr/local/bin:/usr/bin:/bin ASSAY_COMETBFT=${binary ?? ''} ${set} ${command}`;
  const output = openSync(log, 'w');
  const within = ['netns', 'exec', space, 'unshare', '-m', 'sh', '-c', script];
  return { child: spawn('ip', within, { stdio: ['ignore', output, output] }), space, dataDir, log };
}

/** How a node is, once its roles run; null before. */
async function whenItRuns({ child, space, dataDir, log }: RunningUnit): Promise<NodeCondition | null> {
  if (child.exitCode !== null) throw new Error(`${dataDir} ended: ${readFileSync(log, 'utf8')}`);
  const status = [process.execPath, main, 'status', '--json', '--data', dataDir];
  const { code, out } = await runs(['ip', 'netns', 'exec', space, ...status], {});
  const { node } = (code === 0 ? JSON.parse(out) : { node: null }) as { node: NodeCondition | null };
  return node?.isCurrent === true && node.height > 2 && node.roles.every((role) => role.running) ? node : null;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  await exited;
}
