import { describe, expect, it } from 'vitest';
import { CatchingUp } from './catching-up.ts';

describe('whether the chain is as far as that of others §18.13', () => {
  const world = { nowMs: 0, height: 0, isCatchingUp: false as boolean | null, peers: [] as number[] };
  const lines: string[] = [];
  const opened = (start: Partial<typeof world>) => {
    Object.assign(world, { nowMs: 0, height: 0, isCatchingUp: false, peers: [] }, start);
    lines.length = 0;
    const ask = async (path: string) => {
      if (world.isCatchingUp === null) throw new Error('it does not answer');
      if (path === '/status') return { sync_info: { catching_up: world.isCatchingUp } };
      return { peers: world.peers.map((height) => ({ peer_state: { round_state: { height: `${height}` } } })) };
    };
    const runtime = { monotonicMs: () => world.nowMs, log: (line: string) => lines.push(line) };
    return new CatchingUp({ ask, height: () => world.height, runtime });
  };

  it('is not known while CometBFT does not answer or catches up, whatever comes', async () => {
    const catchingUp = opened({ isCatchingUp: null });
    expect(await catchingUp.look()).toBe(false);
    Object.assign(world, { isCatchingUp: true, height: 9 });
    expect([await catchingUp.look(), catchingUp.stands]).toEqual([false, false]);
  });

  it('is so alone, or beside those who are no further, and then with each new block', async () => {
    expect(await opened({ height: 5 }).look()).toBe(true);
    const catchingUp = opened({ height: 5, peers: [6, 6, 7, 900] });
    expect([await catchingUp.look(), catchingUp.stands]).toEqual([true, true]);
    Object.assign(world, { height: 6, peers: [900] });
    expect([await catchingUp.look(), catchingUp.stands]).toEqual([true, false]);
    expect([await catchingUp.look(), catchingUp.stands]).toEqual([false, true]);
  });

  it('is not so where most are further, though CometBFT says it and new blocks come', async () => {
    const catchingUp = opened({ height: 5, peers: [900, 900, 5] });
    for (; world.height < 898; world.height += 47) expect(await catchingUp.look()).toBe(false);
    expect([await catchingUp.look(), lines]).toEqual([true, []]);
  });

  it('is so after some new blocks where nobody says a height', async () => {
    const catchingUp = opened({ height: 5, peers: [0, 0] });
    for (; world.height < 8; world.height += 1) expect(await catchingUp.look()).toBe(false);
    expect(await catchingUp.look()).toBe(true);
  });

  it('is not so where most are further and nobody gives the next block, which is said once', async () => {
    const catchingUp = opened({ height: 5, peers: [6, 900, 901] });
    for (; world.nowMs < 30_000; world.nowMs += 1000) {
      expect(await catchingUp.look()).toBe(false);
      expect(lines).toHaveLength(world.nowMs < 10_000 ? 0 : 1);
    }
    expect(lines.join()).toMatch(/^2 of 3 peers are at height 901, and none gives block 6: begin with a state/);
  });
});
