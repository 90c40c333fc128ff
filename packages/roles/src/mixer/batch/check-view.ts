import type { DrawTable, LedgerView, Verifier } from '@assay/ledger';
import { headerOf, type Ref } from '@assay/protocol';
import type { SigningRoots } from '../../context.ts';
import type { Chain } from '../../ports/chain.ts';
import type { Announcements } from '../announcements.ts';
import type { Ground } from '../ground.ts';
import type { RequestDedup } from '../request-dedup.ts';

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
  readonly nowMs: number;
}

/** What this mixer checks against now. */
export function checkViewOf({
  context,
  mixer,
  roots,
  announcements,
  requestDedup,
  committee,
  drawTables,
}: Ground): CheckView {
  const { chain, verifier, runtime } = context;
  const state = chain.head();
  return {
    ...{ mixer, state, roots, verifier, announcements, requestDedup },
    present: committee.present(state),
    drawTableAt: (height) => drawTables.at(height, state),
    blockMs: (height) => blockMsOf(chain, height),
    nowMs: runtime.nowMs(),
  };
}

/** Time of the block of a height: of the last one from the state, which is ahead of the disk while it is written. */
function blockMsOf(chain: Chain, height: number): number | null {
  const { globals } = chain.head();
  if (height === globals.height) return globals.timeMs;
  if (height === 0) return globals.genesisMs;
  const bytes = chain.blockAt(height);
  return bytes === null ? null : headerOf(bytes).timeMs;
}
