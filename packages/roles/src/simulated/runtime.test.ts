import { encodeText, littleEndian, sha256 } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { runtimeOf } from '../ports/runtime.ts';
import { SimulatedRuntime } from './runtime.ts';

const simulated = (seed = 1) => new SimulatedRuntime({ seed, startMs: 1000 });

describe('simulated time', () => {
  it('fires timers in order of time, then of creation, each at its own time', async () => {
    const runtime = simulated();
    const fired: string[] = [];
    const at = (ms: number, name: string) => runtime.timer(ms, () => fired.push(`${name} at ${runtime.nowMs()}`));
    at(20, 'late');
    at(10, 'first');
    at(10, 'second');
    at(10, 'third');
    at(30, 'too late');
    at(0, 'now');
    expect(fired).toEqual([]);
    await runtime.pass(25);
    expect(fired).toEqual(['now at 1000', 'first at 1010', 'second at 1010', 'third at 1010', 'late at 1020']);
    expect([runtime.nowMs(), runtime.monotonicMs()]).toEqual([1025, 25]);
  });

  it('moves only when all work is done, work begun by a timer too', async () => {
    const runtime = simulated();
    const seen: number[] = [];
    const work = async () => {
      for (let step = 0; step < 100; step++) await null;
      seen.push(runtime.monotonicMs());
    };
    runtime.timer(5, () => void work());
    runtime.timer(5, () => seen.push(-1));
    runtime.timer(6, () => seen.push(-2));
    void work();
    await runtime.pass(10);
    expect(seen).toEqual([0, 5, -1, -2]);
  });

  it('stands still while something outside is under way, whether that fails or not', async () => {
    const runtime = simulated();
    const seen: string[] = [];
    for (const outcome of ['done', 'failed']) {
      const outside = Promise.withResolvers<void>();
      runtime.timer(1, () => seen.push(`timer at ${runtime.monotonicMs()}`));
      runtime.hold(outside.promise).then(
        () => seen.push('done'),
        () => seen.push('failed'),
      );
      setImmediate(() => (outcome === 'done' ? outside.resolve() : outside.reject(new Error())));
      await runtime.pass(2);
    }
    expect(seen).toEqual(['done', 'timer at 1', 'failed', 'timer at 3']);
  });

  it('lets what waits for work outside go on in the order in which that began', async () => {
    const runtime = simulated();
    const seen: string[] = [];
    const works = ['a', 'b', 'c'].map((name) => ({ name, outside: Promise.withResolvers<void>() }));
    for (const { name, outside } of works) void runtime.hold(outside.promise).then(() => seen.push(name));
    for (const { outside } of works.toReversed()) outside.resolve();
    await runtime.pass(1);
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('never fires what was cancelled', async () => {
    const runtime = simulated();
    const fired: number[] = [];
    const cancels = [1, 2, 3].map((ms) => runtime.timer(ms, () => fired.push(ms)));
    runtime.timer(1, () => cancels[1]?.());
    cancels[0]?.();
    await runtime.pass(5);
    cancels[2]?.();
    expect(fired).toEqual([3]);
  });

  it('sleeps until its time, or until it is told to wake', async () => {
    const runtime = simulated();
    await runtime.until(runtime.sleep(1_000_000));
    expect(runtime.monotonicMs()).toBe(1_000_000);
    const leaving = new AbortController();
    const woken = runtime.sleep(10, leaving.signal);
    leaving.abort('enough');
    await expect(woken).rejects.toBe('enough');
    await expect(runtime.sleep(10, leaving.signal)).rejects.toBe('enough');
    await runtime.pass(10);
    await runtime.until(runtime.sleep(1, new AbortController().signal));
    expect(runtime.monotonicMs()).toBe(1_000_011);
  });

  it('runs until work ends, well or not, and says when no timer could end it', async () => {
    const runtime = simulated();
    expect(await runtime.until(runtime.sleep(3).then(() => runtime.nowMs()))).toBe(1003);
    await expect(runtime.until(runtime.sleep(1).then(() => Promise.reject(new Error('mine'))))).rejects.toThrow('mine');
    await expect(runtime.until(new Promise(() => {}))).rejects.toThrow('no timer');
    runtime.timer(1, () => {
      throw new Error('in a timer');
    });
    await expect(runtime.pass(2)).rejects.toThrow('in a timer');
  });
});

describe('simulated chance', () => {
  it('gives SHA-256 of seed, name and counter, and a stream goes on where it was', () => {
    const runtime = simulated(7);
    const block = (counter: number) => sha256(littleEndian(7, 8), encodeText('nonces'), littleEndian(counter, 8));
    expect(runtime.random('nonces').bytes(32)).toEqual(block(0));
    expect(runtime.random('nonces').bytes(40)).toEqual(Uint8Array.from([...block(1), ...block(2).slice(0, 8)]));
    expect(runtime.random('nonces').bytes(0)).toHaveLength(0);
    expect(runtime.random('nonces').bytes(32)).toEqual(block(3));
  });

  it('moves no other stream with one more draw, and all of them with another seed', () => {
    const drawn = (seed: number, extra: number) => {
      const runtime = simulated(seed);
      for (let i = 0; i < extra; i++) runtime.random('a').bytes(32);
      return [runtime.random('b').bytes(32), runtime.random('c').int(2 ** 40)];
    };
    expect(drawn(1, 0)).toEqual(drawn(1, 5));
    const [bytes, number] = drawn(1, 0);
    expect(drawn(2, 0)[0]).not.toEqual(bytes);
    expect(drawn(2, 0)[1]).not.toBe(number);
  });

  it('gives each number below a bound about as often, and none for a bound that is none', () => {
    const stream = simulated().random('dice');
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < 5000; i++) {
      const index = stream.int(5);
      counts[index] = (counts[index] ?? 0) + 1;
    }
    expect(counts).toHaveLength(5);
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(stream.int(1)).toBe(0);
    for (const below of [0, -1, 1.5, 2 ** 48, Number.NaN]) expect(() => stream.int(below)).toThrow(RangeError);
  });
});

describe('the runtime of a role', () => {
  it('has streams of its own, and its name before its lines', async () => {
    const lines: string[] = [];
    const runtime = new SimulatedRuntime({ seed: 1, log: (line) => lines.push(line) });
    const [a, b] = ['mixer-0', 'mixer-1'].map((name) => runtimeOf(runtime, name));
    const first = b?.random('x').bytes(8);
    expect(a?.random('x').bytes(8)).not.toEqual(first);
    const again = runtimeOf(new SimulatedRuntime({ seed: 1 }), 'mixer-1').random('x');
    expect(again.bytes(8)).toEqual(first);
    a?.log('hello');
    expect(lines).toEqual(['mixer-0: hello']);
    await runtime.pass(4);
    expect(a?.monotonicMs()).toBe(4);
  });
});
