import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { describe, expect, it } from 'vitest';
import { MemoryRoleStore } from './memory-store.ts';

const value = (byte: number) => Uint8Array.of(byte);

describe('what a role remembers in memory', () => {
  it('loses in a crash what was not flushed, and nothing else', async () => {
    const runtime = new SimulatedRuntime({ seed: 1 });
    const store = new MemoryRoleStore(runtime.sleep);
    store.put('a', value(1));
    store.put('b', value(1));
    const flushed = store.flushed();
    store.put('a', value(2));
    store.delete('b');
    store.put('c', value(3));
    await runtime.until(flushed);
    expect([...store.entries('')].map(({ key }) => key)).toEqual(['a', 'c']);
    store.crash();
    expect([...store.entries('')]).toEqual([
      { key: 'a', value: value(1) },
      { key: 'b', value: value(1) },
    ]);
  });

  it('forgets an entry with the block of its height, unless it was put again', () => {
    const store = new MemoryRoleStore(new SimulatedRuntime({ seed: 1 }).sleep);
    store.put('a', value(1), 5);
    store.put('b', value(1), 5);
    store.put('b', value(2), 6);
    store.expire(5);
    expect([...store.entries('')].map(({ key }) => key)).toEqual(['b']);
    store.crash();
    expect(store.get('b')).toEqual(value(2));
  });
});
