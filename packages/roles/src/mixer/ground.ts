import type { LedgerView, Verifier } from '@assay/ledger';
import type { Ref } from '@assay/protocol';
import type { RoleContext, SigningRoots } from '../context.ts';
import type { Announcements } from './announcements.ts';
import type { Artifacts } from './artifacts.ts';
import { type Committee, seatOf } from './committee.ts';
import type { DrawTables } from './draw-tables.ts';
import type { MinerTurns } from './miner-turns.ts';
import type { PartMessage } from './part-messages.ts';
import type { Pending } from './pending.ts';
import type { RequestDedup } from './request-dedup.ts';

/** Signs for the committee. */
export interface CommitteeSigner {
  readonly publicKey: Uint8Array;
  sign(root: Uint8Array): Uint8Array;
}

/** What the four parts of a mixer stand on: who it is, and what it knows. */
export interface Ground {
  readonly context: RoleContext;
  /** Of what mixers offer each other: the same is offered again until it is certified. */
  readonly offers: Verifier;
  readonly roots: SigningRoots;
  readonly mixer: Ref<'mixers'>;
  readonly committeeSigner: CommitteeSigner;
  readonly committee: Committee;
  readonly announcements: Announcements;
  readonly requestDedup: RequestDedup;
  readonly drawTables: DrawTables;
  readonly artifacts: Artifacts;
  readonly pending: Pending;
  readonly turns: MinerTurns;
  /** Hands a message of one part to the one that it is for. */
  readonly emit: (message: PartMessage) => void;
}

/** §7.1 Seat of this mixer, with its keys, in the present committee; null while it has none. */
export function ownSeat({ context, mixer, committeeSigner }: Ground, state: LedgerView): number | null {
  const { publicKey } = context.signer;
  return seatOf(state, { mixer, publicKey, blsPublicKey: committeeSigner.publicKey });
}
