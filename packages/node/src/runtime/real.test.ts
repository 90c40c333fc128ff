import { describe, expect, it } from 'vitest';
import { realRuntime } from './real.ts';

const runtime = realRuntime(() => {});

describe('the real runtime', () => {
  it('fires what waits 0 ms in order, after the work in hand, and nothing early because it is far off', async () => {
    const fired: string[] = [];
    const cancelFar = runtime.timer(2 ** 40, () => fired.push('far'));
    const last = runtime.sleep(1).then(() => fired.push('later'));
    for (const name of ['a', 'b']) runtime.timer(0, () => fired.push(name));
    runtime.timer(0, () => fired.push('cancelled'))();
    runtime.timer(1, () => fired.push('cancelled'))();
    fired.push('in hand');
    await last;
    cancelFar();
    expect(fired.filter((name) => name !== 'later')).toEqual(['in hand', 'a', 'b']);
  });

  it('gives time in whole milliseconds, and values that are not the same twice', () => {
    expect([runtime.nowMs(), runtime.monotonicMs()].every(Number.isSafeInteger)).toBe(true);
    const stream = runtime.random('any');
    expect(stream.bytes(32)).not.toEqual(stream.bytes(32));
    expect(stream.int(1)).toBe(0);
    expect(() => stream.int(0)).toThrow(RangeError);
  });
});
