import { openTestEngine, type TestChain, testChain, transferOf } from '@assay/node/consensus/chain.fixture';
import type { EmbeddedEngine } from '@assay/node/consensus/embedded';
import { useNativeHasher } from '@assay/node/crypto/hasher';
import type { Ed25519Signer } from '@assay/node/crypto/signers';
import type { RoleStore } from '@assay/roles/ports/store';
import { littleEndian, sha256, toHex } from '@assay/ssz';

/** The chain of this program; small epochs, so that snapshots are written all the time. */
export const busyChain = testChain({ accounts: 60, epochBlocks: 8, blockTimeMs: 5 });

/** Sends transfers of one account one after the other and says each that was acknowledged. */
async function pay(chain: TestChain, engine: EmbeddedEngine, from: Ed25519Signer, to: Ed25519Signer): Promise<never> {
  for (;;) {
    const nonce = engine.chain.head().nonceOf(from.address);
    const validUntil = engine.chain.head().globals.height + 100;
    const bytes = transferOf(chain, { from, to: to.address, nonce, validUntil });
    const { code, height } = await engine.chain.submit(bytes);
    process.stdout.write(code === 'OK' ? `ack ${toHex(sha256(bytes))} ${height}\n` : `refused ${code}\n`);
  }
}

/** Counts in a role's memory and says each number that is durable. */
async function count(memory: RoleStore): Promise<never> {
  for (let n = 0; ; n++) {
    memory.put('count', littleEndian(n, 8));
    await memory.flushed();
    process.stdout.write(`kept ${n}\n`);
  }
}

if (import.meta.main) {
  useNativeHasher();
  const fail = (error: unknown) => {
    process.stdout.write(`fatal ${(error as { code?: string }).code ?? String(error)}\n`);
    process.exit(1);
  };
  const { engine, store } = await openTestEngine(busyChain, process.argv[2] ?? '', { onFatal: fail });
  engine.start();
  // No timer of the engine keeps a process alive.
  setInterval(() => {}, 60_000);
  process.stdout.write('ready\n');
  const { accounts } = busyChain;
  for (const [i, from] of accounts.entries()) {
    const to = accounts[(i + 1) % accounts.length] as Ed25519Signer;
    pay(busyChain, engine, from, to).catch(fail);
  }
  count(store.roleStore('counter')).catch(fail);
}
