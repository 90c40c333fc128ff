import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { cometForTests, testNet, until } from '@assay/node/consensus/cometbft/net.fixture';
import { testNodes } from '@assay/node/consensus/cometbft/test-nodes.fixture';
import { replay } from '@assay/node/consensus/replay';
import { afterEach, describe, expect, it } from 'vitest';

const binary = await cometForTests();
const program = join(import.meta.dirname, '../../packages/node/src/consensus/cometbft/mortal.fixture.ts');

interface Life {
  readonly child: ChildProcess;
  readonly said: string[][];
  readonly died: Promise<void>;
}

function lifeOf(comet: string, dir: string, where: readonly string[]): Life {
  const stdio: ['ignore', 'pipe', 'inherit', 'ipc'] = ['ignore', 'pipe', 'inherit', 'ipc'];
  const child = fork(program, [comet, dir, ...where], { stdio, execArgv: [] });
  const said: string[][] = [];
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    said.push(...lines.map((line) => line.split(' ')));
  });
  return { child, said, died: new Promise((resolve) => child.once('exit', () => resolve())) };
}

const paid = ({ said }: Life) => said.filter(([code]) => code === 'OK');

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.skipIf(binary === null)('deaths under CometBFT §18.11', () => {
  const world = testNodes();
  const lives: Life[] = [];
  const live = (...where: string[]) => {
    const life = lifeOf(binary ?? '', world.dir, where);
    lives.push(life);
    return life;
  };
  afterEach(() => {
    for (const { child } of lives.splice(0)) child.kill('SIGKILL');
  });

  it('lose no block and no payment, make no second vote, and leave no process behind', async () => {
    const pids: number[] = [];
    // By its own hand, between FinalizeBlock and Commit, and between Commit and its answer.
    for (const [where, height] of [
      ['before', 6],
      ['after', 12],
    ] as const) {
      const life = live(where, String(height));
      await life.died;
      pids.push(Number(life.said[0]?.[1]));
    }
    // Of CometBFT alone: it is started again, with the payment in hand.
    const life = live();
    await until('payments', () => paid(life).length > 3);
    const before = Number(paid(life).at(-1)?.[3]);
    process.kill(before, 'SIGKILL');
    await until('another CometBFT', () => paid(life).length > 5 && Number(paid(life).at(-1)?.[3]) !== before);
    // Of the node, at any moment.
    life.child.kill('SIGKILL');
    await life.died;
    pids.push(before, Number(paid(life).at(-1)?.[3]));
    await until('every CometBFT to end', () => !pids.some(isAlive));

    const acknowledged = lives.flatMap(paid);
    const refusals = acknowledged.map(([, , , , refused]) => refused);
    expect(new Set(refusals)).toEqual(new Set(['0']));
    const net = await testNet(binary ?? '', world.dir, { validators: 1 });
    const node = await net.node(0);
    try {
      const start = node.store.height;
      await until('more blocks', () => node.engine.chain.head().globals.height > start + 2);
      const [from] = net.chain.accounts;
      const nonce = node.engine.chain.head().nonceOf(from?.address ?? new Uint8Array());
      expect(nonce).toBeGreaterThanOrEqual(acknowledged.length);
      expect((await replay(node.store, net.chain.genesis)).height).toBeGreaterThan(start);
      expect(node.lines).toEqual([]);
    } finally {
      await node.close();
    }
  }, 90_000);
});
