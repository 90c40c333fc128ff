import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { headerRoot } from '@assay/ledger';
import { cometForTests, freePorts, type TestNode, testNet, until } from '@assay/node/consensus/cometbft/net.fixture';
import { heightOf, sealersAt, testNodes } from '@assay/node/consensus/cometbft/test-nodes.fixture';
import { headerOf } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { afterEach, describe, expect, it } from 'vitest';

const program = join(import.meta.dirname, '../../packages/node/src/consensus/cometbft/crowded.fixture.ts');
/** A small disk that is gone with the processes that see it, and on it two lives of a node. */
const script = 'dir=$1; shift; mount -t tmpfs -o size=160m none "$dir" && { "$@" fill; exec "$@" free; }';
const binary = await cometForTests();
const patience = { timeout: 300_000 };
const isAble = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
if (!isAble) console.warn('SKIPPED: disks that are full. They need Linux and mounts in a namespace: sudo npm test');

const rootAt = ({ engine }: TestNode, height: number) =>
  toHex(headerRoot(headerOf(engine.chain.blockAt(height) ?? new Uint8Array())));

describe.skipIf(binary === null || !isAble)('a node whose disk is full §18.14', () => {
  const world = testNodes();
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const { pid } of children.splice(0)) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  });

  it.each([
    ['chain, but for 32 MiB,', 'chain', 3],
    ["CometBFT's home", 'comet', 3],
    ["CometBFT's home, without a vote,", 'comet', 4],
  ])('of its %s ends, says which, and goes on with the same roots once there is space', patience, async (...of) => {
    const [, part, index] = of;
    const options = { validators: 4, nodes: 5, ports: await freePorts(10) };
    const net = await testNet(binary ?? '', world.dir, options);
    world.nodes = await Promise.all([0, 1, 2].map((i) => net.node(i)));
    const [first] = world.nodes;
    if (first === undefined) throw new Error('there is no node');
    const full = join(world.dir, `${part}${index}`);
    mkdirSync(full);
    const words = [process.execPath, program, binary ?? '', world.dir, JSON.stringify(options), `${index}`, part];
    const child = spawn('unshare', ['-rm', 'sh', '-c', script, 'sh', full, ...words], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    children.push(child);
    const said: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
    const wordsOf = (kind: string) => said.filter((line) => line.startsWith(`${kind} `)).map((line) => line.split(' '));

    await until('its end', () => wordsOf('fatal').length > 0 || wordsOf('up').length > 1, 90_000);
    expect(said.at(-1)).toMatch(/^fatal DISK_FULL The disk is full, .* Free some space and start it again\. /);
    expect(said.at(-1)).toContain(full);
    const before = wordsOf('paid');
    expect(before.length).toBeGreaterThanOrEqual(5);
    const ended = heightOf(first);
    await until('others to go on', () => heightOf(first) > ended + 3, 60_000);

    await until('more payments', () => wordsOf('paid').length > before.length + 3, 120_000);
    const [, durable = 0] = wordsOf('up').map(([, height]) => Number(height));
    for (const [, height] of before) expect(Number(height)).toBeLessThanOrEqual(durable);
    for (const [, height, root] of wordsOf('paid')) {
      await until('the same height', () => heightOf(first) >= Number(height));
      expect(root).toBe(rootAt(first, Number(height)));
    }
    const last = heightOf(first);
    if (index < 4)
      await until('its votes', () => sealersAt(first, heightOf(first) - 2).includes(3) && heightOf(first) > last + 4);
  });
});
