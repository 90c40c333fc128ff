import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { conservation } from '@assay/ledger';
import { openTestEngine } from '@assay/node/consensus/chain.fixture';
import { replay } from '@assay/node/consensus/replay';
import { useNativeHasher } from '@assay/node/crypto/hasher';
import { Block, firstUint64, sha256, toHex } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { busyChain } from './busy-engine.ts';
import { type CrashSubject, killRounds } from './kill-rounds.ts';

useNativeHasher();

const kills = Number(process.env['ASSAY_CRASH_KILLS'] ?? 25);
const seed = Number(process.env['ASSAY_CRASH_SEED'] ?? randomInt(2 ** 31));

/** Opens what a killed engine left, as the next start does, and compares it with what the engine had said. */
async function check(dir: string, said: readonly string[]): Promise<void> {
  const { engine, store, close } = await openTestEngine(busyChain, dir);
  try {
    const { state } = engine.ledger;
    expect(await replay(store, busyChain.genesis)).toEqual({
      height: state.globals.height,
      stateRoot: engine.ledger.stateRoot(),
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
      const included = blocks.get(height) ?? transactionsAt(engine.blockAt(height));
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

const subject: CrashSubject = {
  script: join(import.meta.dirname, 'busy-engine.ts'),
  maxLifeMs: 500,
  roundsPerDirectory: 5,
  check,
};

describe('an engine killed at random moments under load', () => {
  it(`loses nothing it acknowledged (${kills} kills, seed ${seed})`, { timeout: kills * 20_000 }, async () => {
    const report = await killRounds(subject, { kills, seed });
    console.log(
      `killed ${report.kills} times (${report.early} before it was ready), ${report.lines} confirmations checked`,
    );
    expect(report.lines).toBeGreaterThan(kills);
  });
});
