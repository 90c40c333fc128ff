import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError, TransactionList } from '@assay/protocol';
import { writeDurably } from '../store/durable-file.ts';

/** What a ledger had in hand when it failed. */
export interface Wreck {
  /** The state, serialised. */
  readonly state: Uint8Array;
  /** The transactions of the block, serialised. */
  readonly transactions: readonly Uint8Array[];
}

/** Leaves in a directory what broke the ledger, for whoever repairs it. Gives the LEDGER_HALTED that says where. */
export async function crashDump(dir: string, wreck: Wreck, cause: unknown): Promise<AssayError> {
  const saved = await dump(dir, wreck).then(
    () => `State and transactions are in ${dir}.`,
    (error: unknown) => `State and transactions could not be saved: ${String(error)}.`,
  );
  return new AssayError('LEDGER_HALTED', `${String(cause)}. ${saved}`, { cause });
}

async function dump(dir: string, { state, transactions }: Wreck): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeDurably(join(dir, 'transactions.ssz'), TransactionList.serialize([...transactions]), 0o600);
  await writeDurably(join(dir, 'state.ssz'), state, 0o600);
}
