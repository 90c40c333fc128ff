import { genesisHash, headerRoot, Ledger, sealProblem } from '@assay/ledger';
import { AssayError, type Genesis, type SealedBlock, TransactionList } from '@assay/protocol';
import type { PeerId } from '@assay/roles/ports/network';
import type { Runtime } from '@assay/roles/ports/runtime';
import { equalBytes, toHex } from '@assay/ssz';
import { nativeVerifier } from '../../crypto/verifier.ts';
import type { ChainStore } from '../../store/store.ts';
import { type Asking, askSnapshot } from './client.ts';
import type { PeerBook } from './peers.ts';
import { PeerFault, soundly } from './wire.ts';

/** The block that a chain is to begin with, as somebody who is trusted names it. */
export interface TrustedBlock {
  readonly height: number;
  readonly headerRoot: Uint8Array;
}

export interface BeginOptions {
  readonly store: Pick<ChainStore, 'begin'>;
  readonly genesis: Genesis;
  readonly trusted: TrustedBlock;
  readonly book: PeerBook;
  readonly asking: Asking;
  readonly runtime: Pick<Runtime, 'sleep' | 'log'>;
}

/** How often all are asked before it is given up, and the pause between. */
const rounds = 20;
const pauseMs = 3000;

/**
 * Begins an empty store with the block that is trusted and the state after it, from the first node that has them
 * (§19.5). Rejects with AssayError SNAPSHOT_UNAVAILABLE when nobody gives them.
 */
export async function beginAtTrusted(options: BeginOptions): Promise<void> {
  const { trusted, book, runtime } = options;
  for (let round = 1; round <= rounds; round++) {
    for (const { peer } of book.usable()) {
      if (await beginFrom(options, peer)) return;
    }
    runtime.log(`no peer has given the state of height ${trusted.height} yet (round ${round} of ${rounds})`);
    await runtime.sleep(pauseMs);
  }
  throw new AssayError('SNAPSHOT_UNAVAILABLE', `Asked for was height ${trusted.height}.`);
}

async function beginFrom(options: BeginOptions, peer: PeerId): Promise<boolean> {
  const { store, genesis, trusted, book, asking } = options;
  try {
    const found = await askSnapshot(asking, peer, trusted.height);
    if (found === null) return false;
    const { sealed, state } = found;
    const ledger = ledgerOf(sealed, state, trusted);
    if (!equalBytes(ledger.state.chain.genesisHash, genesisHash(genesis))) {
      throw new AssayError('SNAPSHOT_UNAVAILABLE', 'The trusted block belongs to another genesis.');
    }
    await store.begin({ block: sealed.block, seal: soundSeal(ledger, sealed) }, state);
    return true;
  } catch (error) {
    if (error instanceof AssayError || asking.signal.aborted) throw error;
    if (error instanceof PeerFault) book.faulty(peer, error.message);
    else book.silent(peer);
    return false;
  }
}

/** Throws {@link PeerFault} where the header is not the trusted one, or the rest not what it says. */
function ledgerOf({ block }: SealedBlock, state: Uint8Array, trusted: TrustedBlock): Ledger {
  const { header, transactions } = block;
  const root = headerRoot(header);
  if (header.height !== trusted.height || !equalBytes(root, trusted.headerRoot)) {
    throw new PeerFault(`it sent header ${toHex(root)} as that of height ${trusted.height}`);
  }
  if (!equalBytes(TransactionList.hashTreeRoot(transactions), header.transactionsRoot)) {
    throw new PeerFault(`it sent other transactions with block ${trusted.height}`);
  }
  const ledger = soundly(`bytes that are no state for height ${trusted.height}`, () => Ledger.fromSnapshot(state));
  if (!equalBytes(ledger.stateRoot(), header.stateRoot)) {
    throw new PeerFault(`it sent another state than that of height ${trusted.height}`);
  }
  return ledger;
}

/** The seal, where its signatures hold by the keys there are now; the block itself is trusted without one. */
function soundSeal({ state }: Ledger, { block: { header }, seal }: SealedBlock): SealedBlock['seal'] {
  if (seal === null) return null;
  const problem = sealProblem(state, { header, seal }, { verifier: nativeVerifier, quorum: 'sound' });
  return problem === null ? seal : null;
}
