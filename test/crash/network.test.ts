import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { conservation, genesisHash } from '@assay/ledger';
import { loadChain, replay } from '@assay/node/consensus/replay';
import { useNativeHasher } from '@assay/node/crypto/hasher';
import { sessionDepositUnits } from '@assay/node/devnet/genesis';
import { readGenesisFile } from '@assay/node/host/genesis-file';
import { openStore } from '@assay/node/store/store';
import type { Genesis } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { type CrashSubject, killRounds } from './kill-rounds.ts';

useNativeHasher();

const kills = Number(process.env['ASSAY_CRASH_KILLS'] ?? 25);
const seed = Number(process.env['ASSAY_CRASH_SEED'] ?? randomInt(2 ** 31));
const mixers = 4;
/** Answers acknowledged in each directory, over all its rounds. */
const acknowledged = new Map<string, Set<string>>();

/** Every acknowledged answer is on the chain, or waits durably at its mixer for a certificate (§5.10). */
async function check(dir: string, said: readonly string[]): Promise<void> {
  const known = acknowledged.get(dir) ?? new Set();
  acknowledged.set(dir, known);
  for (const line of said) if (line.startsWith('ack ')) known.add(line.slice('ack 0x'.length));
  const genesis = await readGenesisFile(join(dir, 'genesis.json'));
  if (genesis === null) return expect(known.size).toBe(0);
  const store = await openStore({ dir: join(dir, 'chain'), genesisHash: genesisHash(genesis) });
  try {
    await checkChain(store, genesis, known);
  } finally {
    await store.close();
  }
}

async function checkChain(
  store: Awaited<ReturnType<typeof openStore>>,
  genesis: Genesis,
  known: ReadonlySet<string>,
): Promise<void> {
  const { ledger } = await loadChain(store, genesis);
  const replayed = await replay(store, genesis);
  expect(ledger.stateRoot()).toEqual(replayed.stateRoot);
  expect(conservation(ledger.state)).toBeNull();
  for (const id of known) {
    const isCertified = store.task(Buffer.from(id, 'hex')) !== null;
    const waits = Array.from({ length: mixers }, (_, i) => store.roleStore(`mixer-${i + 1}`).get(`pending/${id}`)).some(
      (bytes) => bytes !== undefined,
    );
    expect(isCertified || waits, `task ${id}`).toBe(true);
  }
  // No reservation outlives its task: what is not in escrow was spent on tasks the chain knows.
  const tasks = store.recentTasks({ limit: store.taskCount });
  const spentUnits = tasks.reduce((sum, task) => sum + task.receipt.priceUnits - task.refundedUnits, 0n);
  const [session] = ledger.state.sessions;
  if (session === undefined) return;
  expect(session.spentUnits).toBe(spentUnits);
  expect(session.escrowUnits + spentUnits).toBe(sessionDepositUnits);
}

const subject: CrashSubject = {
  script: join(import.meta.dirname, 'busy-network.ts'),
  maxLifeMs: 1500,
  roundsPerDirectory: 9,
  check,
};

describe('the whole network killed at random moments under load', () => {
  it(`loses no answer it finished (${kills} kills, seed ${seed})`, { timeout: kills * 30_000 }, async () => {
    const report = await killRounds(subject, { kills, seed });
    console.log(`killed ${report.kills} times (${report.early} early), ${report.lines} answers checked`);
    expect(report.lines).toBeGreaterThan(kills);
  });
});
