import type { DrawTable, LedgerView, Verifier } from '@assay/ledger';
import { drawOf } from '@assay/ledger';
import {
  equalBytes,
  messageTypes,
  Precommit,
  type Receipt,
  sha256,
  type TaskEvidence,
  TaskRequest,
  taskIdOf,
} from '@assay/protocol';
import type { SigningRoots } from '../context.ts';
import { termsOf } from './admission.ts';
import { type Announcements, clockToleranceMs } from './announcements.ts';
import { priceUnits } from './state.ts';

/** What a mixer checks another's receipts against (§7.2): the ledger, the draws, and what it saw itself. */
export interface CheckView {
  readonly state: LedgerView;
  readonly roots: SigningRoots;
  readonly verifier: Verifier;
  readonly announcements: Announcements;
  drawTableAt(height: number): DrawTable | null;
  readonly nowMs: number;
}

/** Why a receipt may not be certified; null when it may. One reason, the first that applies. */
export function checkReceipt(view: CheckView, receipt: Receipt, evidence: TaskEvidence): string | null {
  const session = view.state.sessions.get(receipt.session);
  const model = view.state.models.get(receipt.model);
  const miner = view.state.miners.get(receipt.miner);
  if (session === undefined || model === undefined || miner === undefined) return 'unknown session, model or miner';
  if (session.model !== receipt.model) return 'the session is for another model';
  return (
    checkRequest(view, receipt, evidence, session.sessionKey) ??
    checkWork(view, receipt, evidence, miner.publicKey) ??
    checkDraw(view, receipt, session.payer) ??
    checkPrice(receipt, termsOf(receipt.model, model), session.escrowUnits) ??
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
  const root = view.roots.of(messageTypes.taskRequest, TaskRequest, request);
  if (!view.verifier.ed25519(sessionKey, root, evidence.requestSignature))
    return 'the request is not signed by the session';
  const { session, taskSequence, requestHash } = receipt;
  if (!equalBytes(taskIdOf({ session, taskSequence, requestHash }), receipt.taskId)) return 'wrong task id';
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

function checkDraw(view: CheckView, receipt: Receipt, payer: Uint8Array): string | null {
  const table = view.drawTableAt(receipt.drawHeight);
  if (table === null) return 'the draw is too old to check';
  const draw = drawOf(table, { taskId: receipt.taskId, model: receipt.model, payer, drawHeight: receipt.drawHeight });
  return draw[receipt.rank] === receipt.miner ? null : 'the miner was not drawn at this rank';
}

function checkPrice(receipt: Receipt, terms: Parameters<typeof priceUnits>[0], escrowUnits: bigint): string | null {
  if (receipt.priceUnits !== priceUnits(terms, receipt.tokensIn, receipt.tokensOut)) return 'wrong price';
  return receipt.priceUnits <= escrowUnits ? null : 'the session cannot pay';
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
