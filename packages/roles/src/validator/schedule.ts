import type { AuditDuty } from '@assay/ledger';

/** How fast a validator and its network are. */
export interface Pace {
  /** Height of the last block. */
  readonly height: number;
  readonly blockTimeMs: number;
  /** Blocks from a draw to its deadline (§10.3). */
  readonly commitBlocks: number;
  /** What one audit took lately, milliseconds, and how many are done at once. */
  readonly auditMs: number;
  readonly lanes: number;
}

/**
 * The commitments a validator can still make in time, soonest deadline first: of audits that take the same time this
 * drops as few as can be (Moore and Hodgson). What cannot be met is not begun: its time is better spent on the next.
 */
export function feasibleDuties(duties: readonly AuditDuty[], pace: Pace): AuditDuty[] {
  const kept: AuditDuty[] = [];
  let dropped = 0;
  for (const duty of duties.toSorted((a, b) => a.deadline - b.deadline)) {
    kept.push(duty);
    const rounds = Math.ceil((kept.length - dropped) / pace.lanes);
    if (2 * rounds * pace.auditMs > twiceLeftMs(duty, pace)) dropped += 1;
  }
  return kept.slice(dropped);
}

/** A commitment sent now stands in the next block at the earliest: half a block on average. */
function twiceLeftMs({ deadline }: AuditDuty, { height, blockTimeMs }: Pace): number {
  return (2 * (deadline - height) - 1) * blockTimeMs;
}

/**
 * §14.8 Height at which an artifact is asked for again that was not there for so many asks, each time after twice as
 * long; null when half of the time to commit is over by then.
 */
export function nextAsk({ deadline }: AuditDuty, asks: number, { height, commitBlocks }: Pace): number | null {
  const next = height + Math.max(1, Math.floor(commitBlocks / 16)) * 2 ** (asks - 1);
  return 2 * (deadline - next) < commitBlocks ? null : next;
}
