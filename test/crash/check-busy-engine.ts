import { conservation } from '@assay/ledger';
import { openTestEngine } from '@assay/node/consensus/chain.fixture';
import { replay } from '@assay/node/consensus/replay';
import { Block } from '@assay/protocol';
import { firstUint64, sha256, toHex } from '@assay/ssz';
import { expect } from 'vitest';
import { busyChain } from './busy-engine.ts';

/** Opens what a busy engine left, as the next start does, and compares it with the lines the engine had said. */
export async function checkBusyEngine(dir: string, said: readonly string[]): Promise<void> {
  const { engine, store, close } = await openTestEngine(busyChain, dir);
  try {
    const state = engine.chain.head();
    expect(await replay(store, busyChain.genesis)).toEqual({
      height: state.globals.height,
      stateRoot: engine.chain.stateRoot(),
    });
    expect(conservation(state)).toBeNull();
    expect(store.viewsHeight).toBe(store.height);
    const blocks = new Map<number, Set<string>>();
    for (const line of said) {
      const [word, what, where] = line.split(' ');
      if (word === 'kept') {
        const stored = firstUint64(store.roleStore('counter').get('count') ?? new Uint8Array(8));
        expect(stored).toBeGreaterThanOrEqual(BigInt(what ?? ''));
        continue;
      }
      expect(word, line).toBe('ack');
      const height = Number(where);
      const included = blocks.get(height) ?? transactionsAt(engine.chain.blockAt(height));
      blocks.set(height, included);
      expect(included, line).toContain(what);
    }
  } finally {
    await close();
  }
}

function transactionsAt(block: Uint8Array | null): Set<string> {
  return new Set(block === null ? [] : Block.deserialize(block).transactions.map((bytes) => toHex(sha256(bytes))));
}
