import { committeeOf, type DrawTable, type LedgerView, readTransaction, type Verifier } from '@assay/ledger';
import { Block, headerOf, type Ref, type ResultCode } from '@assay/protocol';
import type { SigningRoots } from '../../context.ts';
import type { Chain } from '../../ports/chain.ts';
import type { Announcements } from '../announcements.ts';
import type { Ground } from '../ground.ts';
import type { RequestDedup } from '../request-dedup.ts';

/** Blocks that are read for one batch: each may hold megabytes. */
const maxReadBlocks = 64;

/** The mixer of a batch in a block, and those that signed it. */
export interface SignedBatch {
  readonly mixer: number;
  readonly signers: readonly number[];
}

/** What a mixer checks another's attestations against (§7.2): the ledger, the draws, and what it saw itself. */
export interface CheckView {
  /** The mixer that checks. */
  readonly mixer: Ref<'mixers'>;
  readonly state: LedgerView;
  readonly roots: SigningRoots;
  readonly verifier: Verifier;
  readonly announcements: Announcements;
  readonly requestDedup: RequestDedup;
  /** Mixers that are there now (§5.6). */
  readonly present: ReadonlySet<Ref<'mixers'>>;
  drawTableAt(height: number): DrawTable | null;
  /** Time of the block of a height, milliseconds; null when there is none. */
  blockMs(height: number): number | null;
  /** The batches in the block of a height; none where it cannot be read. */
  batchesAt(height: number): readonly SignedBatch[];
  readonly nowMs: number;
}

/** What this mixer checks against now. */
export function checkViewOf({
  context,
  offers,
  mixer,
  roots,
  announcements,
  requestDedup,
  committee,
  drawTables,
}: Ground): CheckView {
  const { chain, runtime } = context;
  const state = chain.head();
  return {
    mixer,
    state,
    roots,
    verifier: offers,
    announcements,
    requestDedup,
    present: committee.present(state),
    drawTableAt: (height) => drawTables.at(height, state),
    blockMs: (height) => blockMsOf(chain, height),
    batchesAt: batchesIn(chain, state),
    nowMs: runtime.nowMs(),
  };
}

/** Time of the block of a height; null when there is none. */
function blockMsOf(chain: Chain, height: number): number | null {
  const { globals } = chain.head();
  if (height === globals.height) return globals.timeMs;
  if (height === 0) return globals.genesisMs;
  const bytes = chain.blockAt(height);
  return bytes === null ? null : headerOf(bytes).timeMs;
}

/** What a view says of batches: of one that is asked for more blocks than honest tasks need, nothing about the rest. */
function batchesIn(chain: Chain, state: LedgerView): CheckView['batchesAt'] {
  const read = new Map<number, readonly SignedBatch[]>();
  return (height) => {
    const known = read.get(height);
    if (known !== undefined || read.size === maxReadBlocks) return known ?? [];
    const batches = batchesOf(state, chain.blockAt(height), chain.codesAt(height));
    read.set(height, batches);
    return batches;
  };
}

/**
 * The batches of a serialised block that the ledger took: a proposer can put in certificates that it made up, or old
 * ones, and what is no transaction.
 */
export function batchesOf(
  state: LedgerView,
  bytes: Uint8Array | null,
  codes: readonly ResultCode[] | null,
): SignedBatch[] {
  if (bytes === null) return [];
  return Block.deserialize(bytes).transactions.flatMap((each, index) => {
    if (codes?.[index] !== 'OK') return [];
    const read = readTransaction(state.chain, each);
    if (typeof read === 'string' || read.content.body.kind !== 'certifiedBatch') return [];
    const { header, signers } = read.content.body.value.certificate;
    const signed = committeeOf(state, header.epoch).filter((_, seat) => signers.get(seat));
    return [{ mixer: header.mixer, signers: signed.map(({ mixer }) => mixer) }];
  });
}
