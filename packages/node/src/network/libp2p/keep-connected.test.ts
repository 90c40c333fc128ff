import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { describe, expect, it } from 'vitest';
import { KeepConnected, mostDials } from './keep-connected.ts';
import { Turns } from './turns.ts';

/** Peers of which those in `up` can be reached; when each was dialled, in seconds, and where if not everywhere. */
function dialled(peers: readonly string[]) {
  const runtime = new SimulatedRuntime({ seed: 1 });
  const [up, connected] = [new Set<string>(), new Set<string>()];
  const dials: { at: number; address: string | null }[] = [];
  const elsewhere = new Set<string>();
  const dialler = {
    isConnected: (peer: string) => connected.has(peer),
    isAt: (peer: string) => connected.has(peer) && !elsewhere.has(peer),
    dial: async (peer: string, address: string | null) => {
      dials.push({ at: Math.floor(runtime.monotonicMs() / 1000), address });
      if (!up.has(peer)) throw new Error('nobody there');
      connected.add(peer);
      return `place of ${peer}`;
    },
  };
  const keep = new KeepConnected({ runtime, turns: new Turns(mostDials) }, dialler, () => peers);
  /** Ten minutes without anybody, and the dials of those alone. */
  const gone = async () => {
    up.clear();
    connected.clear();
    dials.length = 0;
    await runtime.pass(600_000);
  };
  return { runtime, up, connected, elsewhere, dials, keep, gone };
}

describe('peers that are to be connected (§5.30)', () => {
  it('are dialled again after longer waits, a minute at most, where they were never found', async () => {
    const { runtime, up, connected, dials, keep } = dialled(['a']);
    keep.start();
    await runtime.pass(200_000);
    expect(dials).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183].map((at) => ({ at, address: null })));
    expect(keep.failed).toBe(9);
    up.add('a');
    await runtime.pass(60_000);
    expect(connected.has('a')).toBe(true);
    keep.stop();
    connected.delete('a');
    await runtime.pass(100_000);
    expect(dials.length).toBe(10);
  });

  it('are looked for every two seconds, for ten minutes, where they were found, and there alone', async () => {
    const { runtime, up, dials, keep, gone } = dialled(['a']);
    up.add('a');
    keep.start();
    await runtime.pass(3_600_000);
    expect(dials).toEqual([{ at: 0, address: null }]);
    await gone();
    const [here, everywhere] = [
      dials.filter(({ address }) => address !== null),
      dials.filter(({ address }) => !address),
    ];
    expect(new Set(here.map(({ address }) => address))).toEqual(new Set(['place of a']));
    expect(here.length).toBeGreaterThan(280);
    expect(everywhere.length).toBeLessThan(17);
    dials.length = 0;
    await runtime.pass(600_000);
    expect(dials.every(({ address }) => address === null)).toBe(true);
    expect(dials.length).toBeLessThanOrEqual(10);
    keep.stop();
  });

  it('are not looked for where they were found before they came from elsewhere: others may be there now', async () => {
    const { runtime, up, elsewhere, dials, keep, gone } = dialled(['a']);
    up.add('a');
    keep.start();
    await runtime.pass(1000);
    elsewhere.add('a');
    await runtime.pass(3_600_000);
    await gone();
    expect(dials.every(({ address }) => address === null)).toBe(true);
    expect(dials.length).toBeLessThan(17);
    keep.stop();
  });

  it('are dialled a few at a time, all of them', async () => {
    const peers = Array.from({ length: 100 }, (_, i) => `peer ${i}`);
    const { runtime, up, connected, dials, keep } = dialled(peers);
    for (const peer of peers) up.add(peer);
    keep.start();
    expect(dials.length).toBe(16);
    await runtime.pass(5000);
    expect(connected.size).toBe(100);
    keep.stop();
  });

  it('share one core: the keys of a machine take turns, and who was connected meanwhile is not dialled', async () => {
    const runtime = new SimulatedRuntime({ seed: 1 });
    const turns = new Turns(2);
    const connected = new Set<string>();
    const dials: string[] = [];
    const ends: (() => void)[] = [];
    const keepOf = (own: string) => {
      const dialler = {
        isConnected: (peer: string) => connected.has(peer),
        isAt: () => false,
        dial: (peer: string) => {
          dials.push(`${own} dials ${peer}`);
          return new Promise<null>((resolve) => ends.push(() => resolve(null)));
        },
      };
      return new KeepConnected({ runtime, turns }, dialler, () => ['a', 'b', 'c']);
    };
    const [one, other, stopped] = [keepOf('one'), keepOf('other'), keepOf('stopped')];
    for (const keep of [one, other, stopped]) keep.start();
    await runtime.pass(5000);
    expect(dials).toEqual(['one dials a', 'one dials b']);
    stopped.stop();
    connected.add('c');
    for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
      end();
      await runtime.pass(0);
    }
    expect(dials).toEqual(['one dials a', 'one dials b', 'other dials a', 'other dials b']);
    for (const keep of [one, other]) keep.stop();
  });
});
