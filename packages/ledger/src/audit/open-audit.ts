import { type AuditRow, Surprise, type TaskRow } from '@assay/protocol';
import { encodeText, firstUint64, sha256 } from '@assay/ssz';
import { PPB } from '../arithmetic/integers.ts';
import { isDisputed } from '../batch/tasks.ts';
import { auditRatePpb } from '../standing/trust.ts';
import type { LedgerState } from '../state/state.ts';
import type { IndexOf } from '../state/state-tables.ts';
import { engineFor } from './judges.ts';

const AUDIT = encodeText('audit');
const SECOND = encodeText('second');
/** Part of the audits of miners nobody doubts that have a second auditor all the same (§10.20), ppb. */
export const SECOND_AUDITOR_PPB = 125_000_000;

/** Auditors that the first draw takes at most (§10.20). */
export const MOST_FIRST_AUDITORS = 2;

/** Whether a lot, a part of 2^64, is below a rate. */
export function isDrawn(u: bigint, ratePpb: number): boolean {
  return u * PPB < BigInt(ratePpb) << 64n;
}

/**
 * Opens the audit of a task (§10.2) and gives its index; `isSecond` for one that had its end already (§8.8), and
 * `isPlanted` where its miner has opened the seal before (§10.25).
 */
export function openAudit(
  state: LedgerState,
  task: Readonly<TaskRow>,
  { height, isSecond, isPlanted }: { readonly height: number } & Pick<AuditRow, 'isSecond' | 'isPlanted'>,
): number {
  const { taskId } = task;
  const seed = sha256(state.globals.beacon, taskId, AUDIT);
  const firstAuditors = isSecond || isDoubted(state, task) || hasSecondAuditor(seed) ? MOST_FIRST_AUDITORS : 1;
  const pooled = { mismatchesMilli: 0, surprise: Surprise.defaultValue() };
  const open = {
    verdict: 'open' as const,
    ...pooled,
    isSecond,
    isPlanted,
    judged: 0,
    waitUntil: 0,
    engine: engineFor(state, task),
  };
  return state.addAudit({ taskId, seed, drawnHeight: height, ...open, firstAuditors, auditors: [] });
}

/** §10.20 Whether somebody accuses the answer, or the network does not trust its miner yet or any more. */
function isDoubted({ miners, params }: LedgerState, task: Readonly<TaskRow>): boolean {
  const miner = miners.standing(task.miner);
  return isDisputed(task) || auditRatePpb(params.audit, miner) === Number(PPB) || miner.cusumMilli > 0;
}

function hasSecondAuditor(seed: Uint8Array): boolean {
  return isDrawn(firstUint64(sha256(seed, SECOND)), SECOND_AUDITOR_PPB);
}

/** Lets an audit stand until a height (§10.25): nothing but an opening goes on with it before. */
export function waitForOpening(state: LedgerState, index: IndexOf<'audits'>, waitUntil: number): void {
  state.audits.update(index, { waitUntil });
  state.openAudits.wait(index, waitUntil);
}
