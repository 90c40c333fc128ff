import { describe, expect, it } from 'vitest';
import { newDirectory } from '../store/directory.fixture.ts';
import { openTestEngine, testChain } from './chain.fixture.ts';

describe('what a role remembers until a height', () => {
  it('is gone with the block of that height, over restarts, and stays when it was put again for longer', async () => {
    const chain = testChain();
    const dir = await newDirectory();
    const first = await openTestEngine(chain, dir);
    const memory = first.store.roleStore('mixer-1');
    for (const [key, height] of Object.entries({ early: 2, later: 4, again: 2 })) {
      memory.put(key, new Uint8Array(5000), height);
    }
    memory.put('for ever', new Uint8Array(1));
    memory.put('again', new Uint8Array(1), 4);
    const keys = () => Array.from(memory.entries(''), ({ key }) => key);
    await first.engine.produceNow();
    expect(keys()).toEqual(['again', 'early', 'for ever', 'later']);
    await first.engine.produceNow();
    expect([keys(), memory.get('early')]).toEqual([['again', 'for ever', 'later'], undefined]);
    await first.close();
    const second = await openTestEngine(chain, dir);
    const after = second.store.roleStore('mixer-1');
    await second.engine.produceNow();
    await second.engine.produceNow();
    expect(Array.from(after.entries(''), ({ key }) => key)).toEqual(['for ever']);
    await second.close();
  });
});
