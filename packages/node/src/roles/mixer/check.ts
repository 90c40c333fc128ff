import { type DrawTable, drawMiners, type LedgerView, receiptsCode, type Verifier } from '@assay/ledger';
import {
  drawIdOf,
  equalBytes,
  messageTypes,
  type NodeTransaction,
  Precommit,
  type Receipt,
  type SessionRow,
  sha256,
  type TaskEvidence,
  TaskRequest,
} from '@assay/protocol';
import type { SigningRoots } from '../context.ts';
import { type Announcements, clockToleranceMs } from './announcements.ts';
import type { UsedRequests } from './used-requests.ts';

/** What a mixer checks another's receipts against (§7.2): the ledger, the draws, and what it saw itself. */
export interface CheckView {
  readonly state: LedgerView;
  readonly roots: SigningRoots;
  readonly verifier: Verifier;
  readonly announcements: Announcements;
  readonly usedRequests: UsedRequests;
  drawTableAt(height: number): DrawTable | null;
  readonly nowMs: number;
}

/** A receipt that may not be certified, by its place in the batch. */
export interface Flaw {
  readonly place: number;
  readonly reason: string;
}

/** Which receipts of a batch may not be certified, and why (§7.2): each by itself, then all together by the ledger. */
export function checkBatch(view: CheckView, nodes: readonly NodeTransaction[]): Flaw[] {
  const flaws: Flaw[] = [];
  const sound: Receipt[] = [];
  const height = view.state.globals.height + 1;
  nodes.forEach(({ receipt, evidence }, place) => {
    const reason = checkReceipt(view, receipt, evidence);
    if (reason !== null) flaws.push({ place, reason });
    else sound.push(receipt);
  });
  if (flaws.length > 0 || receiptsCode(view.state, sound, height) === 'OK') return flaws;
  const kept: Receipt[] = [];
  nodes.forEach(({ receipt }, place) => {
    const code = receiptsCode(view.state, [...kept, receipt], height);
    if (code === 'OK') kept.push(receipt);
    else flaws.push({ place, reason: code });
  });
  return flaws;
}

/** Why a receipt may not be certified; null when it may. One reason, the first that applies. */
function checkReceipt(view: CheckView, receipt: Receipt, evidence: TaskEvidence): string | null {
  const session = view.state.sessions.get(receipt.session);
  const miner = view.state.miners.get(receipt.miner);
  if (session === undefined || miner === undefined) return 'unknown session or miner';
  return (
    checkRequest(view, receipt, evidence, session.sessionKey) ??
    checkWork(view, receipt, evidence, miner.publicKey) ??
    checkDraw(view, receipt, session) ??
    checkTime(view, receipt)
  );
}

function checkRequest(
  view: CheckView,
  receipt: Receipt,
  evidence: TaskEvidence,
  sessionKey: Uint8Array,
): string | null {
  const { request } = evidence;
  const same =
    request.session === receipt.session &&
    request.gateway === receipt.gateway &&
    equalBytes(request.requestHash, receipt.requestHash);
  if (!same) return 'the receipt is not for the signed request';
  if (!view.usedRequests.take(receipt.requestHash, drawIdOf(receipt))) return 'the request was used for another task';
  const root = view.roots.of(messageTypes.taskRequest, TaskRequest, request);
  if (!view.verifier.ed25519(sessionKey, root, evidence.requestSignature))
    return 'the request is not signed by the session';
  const within = receipt.tokensIn <= request.maxTokensIn && receipt.tokensOut <= request.maxTokensOut;
  return within ? null : 'more tokens than were asked for';
}

function checkWork(view: CheckView, receipt: Receipt, evidence: TaskEvidence, minerKey: Uint8Array): string | null {
  const hash = sha256(receipt.artifactRoot, evidence.salt);
  const root = view.roots.of(messageTypes.precommit, Precommit, { taskId: receipt.taskId, miner: receipt.miner, hash });
  return view.verifier.ed25519(minerKey, root, evidence.precommitSignature)
    ? null
    : 'the artifact is not the one the miner signed';
}

function checkDraw(view: CheckView, receipt: Receipt, session: SessionRow): string | null {
  const table = view.drawTableAt(receipt.drawHeight);
  if (table === null) return 'the draw is too old to check';
  const { kind, model, drawHeight, rank } = receipt;
  const { domain, payer, dedicatedMiners } = session;
  const request = { taskId: drawIdOf(receipt), kind, domain, model, payer, dedicatedMiners, drawHeight };
  return drawMiners(table, request, rank + 1)[rank]?.miner === receipt.miner
    ? null
    : 'the miner was not drawn at this rank';
}

/** Measured values must be plausible against this mixer's own; what it has not heard of it cannot measure. */
function checkTime(view: CheckView, receipt: Receipt): string | null {
  if (receipt.firstTokenMs > receipt.totalMs) return 'first token after the end';
  const ageMs = view.announcements.ageMs(receipt.taskId, view.nowMs);
  if (ageMs === null) return null;
  if (receipt.totalMs > ageMs + clockToleranceMs) return 'it took less time than the receipt says';
  const last = view.announcements.last(receipt.taskId);
  return last !== null && last.attempt !== receipt.attempt ? 'another number of reassignments was announced' : null;
}
