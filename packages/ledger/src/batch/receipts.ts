import {
  type ModelRow,
  type Receipt,
  type Ref,
  type ResultCode,
  type SessionRow,
  TaskIdentity,
  taskIdOf,
} from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { saturate } from '../arithmetic/integers.ts';
import { isInferenceOnly } from '../stake/domains.ts';
import { isActive } from '../state/roles.ts';
import { keyOf, type LedgerState, type LedgerView } from '../state/state.ts';
import type { Verifier } from '../state/verifier.ts';
import { backgroundTokensOf, fitsBackground, takesKind } from './background.ts';
import { markOutliers, replicaCode, servedOther } from './replicas.ts';
import { isTicket } from './tickets.ts';

type Prices = Pick<ModelRow, 'priceInUnits' | 'priceOutUnits'>;

/** The code of the first invalid receipt, or OK: a batch is taken as a whole or not at all (§7.2). */
export function receiptsCode(state: LedgerView, receipts: readonly Receipt[], height: number): ResultCode {
  const miners = new Map<string, number>();
  const chargedUnits = new Map<Ref<'sessions'>, bigint>();
  const taskIds = TaskIdentity.rootsOf(receipts);
  for (const [index, receipt] of receipts.entries()) {
    const taskId = taskIds.subarray(32 * index, 32 * (index + 1));
    const code = receiptCode(state, receipt, { height, taskId });
    if (code !== 'OK') return code;
    const key = keyOf(receipt.taskId);
    if (miners.has(key) || state.taskOf(receipt.taskId) !== undefined) return 'RECEIPT_DUPLICATE';
    if (servedOther(state, receipt, miners)) return 'RECEIPT_SAME_MINER';
    miners.set(key, receipt.miner);
    // §4.3 The prices of one batch count together.
    const charged = (chargedUnits.get(receipt.session) ?? 0n) + receipt.priceUnits;
    if (charged > state.sessions.at(receipt.session).escrowUnits) return 'RECEIPT_OVERDRAWN';
    chargedUnits.set(receipt.session, charged);
  }
  return fitsBackground(state, receipts) ? 'OK' : 'RECEIPT_BACKGROUND_FULL';
}

/** Takes certified receipts: escrow moves to pending, the tasks wait for their audit draw (§7.6, §10.1). */
export function applyReceipts(
  state: LedgerState,
  receipts: readonly Receipt[],
  issued: { readonly height: number; readonly mixer: Ref<'mixers'> },
): void {
  for (const receipt of receipts) {
    const session = state.sessions.at(receipt.session);
    const { miner, priceUnits } = receipt;
    state.sessions.update(receipt.session, {
      escrowUnits: session.escrowUnits - priceUnits,
      spentUnits: saturate(session.spentUnits + priceUnits),
    });
    const { tasks, epochCertified } = state.miners.standing(miner);
    state.miners.update(miner, { tasks: tasks + 1, epochCertified: epochCertified + 1 });
    // Field by field: spreads make it grow, which costs more than all the rest.
    state.tasks.push({
      taskId: receipt.taskId,
      kind: receipt.kind,
      status: 'certified',
      session: receipt.session,
      model: receipt.model,
      miner,
      gateway: receipt.gateway,
      mixer: issued.mixer,
      height: issued.height,
      drawHeight: receipt.drawHeight,
      replica: receipt.replica,
      tokensIn: receipt.tokensIn,
      tokensOut: receipt.tokensOut,
      pendingUnits: priceUnits,
      priceUnits,
      artifactRoot: receipt.artifactRoot,
      firstTokenMs: receipt.firstTokenMs,
      totalMs: receipt.totalMs,
      // The batch's own; those of others in the block follow at its end (§9.3).
      reveals: state.globals.reveals + 1,
      isRated: false,
      isDrawn: isDrawnRank(state, receipt, session),
      agreement: 'similar',
    });
  }
  markOutliers(state, receipts);
  const tokens = backgroundTokensOf(state, receipts);
  if (tokens > 0) state.setGlobals({ backgroundTokens: state.globals.backgroundTokens + tokens });
}

/**
 * economics §7.3 Whether nobody picked a rank of the draw: it is one of the first two, or one further for each other
 * replica and each late step of the task. A miner that declines makes it one that its mixer could have picked.
 */
function isDrawnRank(state: LedgerView, { taskId, rank }: Receipt, { redundancy }: Readonly<SessionRow>): boolean {
  return rank <= redundancy + state.transitions.allOf(taskId).length;
}

/** `taskId` is the one that its ticket and replica give it. */
function receiptCode(
  state: LedgerView,
  receipt: Receipt,
  { height, taskId }: { readonly height: number; readonly taskId: Uint8Array },
): ResultCode {
  const session = state.sessions.get(receipt.session);
  if (session === undefined || !hasKnownRoles(state, receipt, session)) return 'RECEIPT_UNKNOWN_ROLE';
  if (!isInTime(state, receipt, session, height)) return 'RECEIPT_OUT_OF_TIME';
  if (!hasOwnTaskId(receipt, taskId)) return 'RECEIPT_BAD_TASK';
  const code = replicaCode(receipt, session);
  if (code !== 'OK') return code;
  if (!takesKind(session, receipt.kind)) return 'RECEIPT_WRONG_KIND'; // §4.12
  if (receipt.kind === 'training' && isInferenceOnly(state, session.domain)) return 'RECEIPT_TRAINING'; // §4.13
  return hasOwnPrice(state, receipt, session) ? 'OK' : 'RECEIPT_BAD_PRICE';
}

/**
 * §7.4 Whether a receipt was invalid when it was signed, whoever looks and whenever: for what it says of itself, or
 * of what never changes and never goes away. Anything else a block in between may have made so.
 */
export function isNeverValid(
  state: LedgerView,
  receipt: Receipt,
  issuer: { readonly mixer: Ref<'mixers'>; readonly verifier: Verifier },
): boolean {
  const { drawHeight } = receipt;
  const session = state.sessions.get(receipt.session);
  if (session === undefined || receipt.model !== session.model || !hasOwnTaskId(receipt)) return true;
  if (replicaCode(receipt, session) !== 'OK' || !takesKind(session, receipt.kind)) return true;
  const isNobodys = state.miners.get(receipt.miner) === undefined || state.gateways.get(receipt.gateway) === undefined;
  if (isNobodys || drawHeight > state.globals.height || drawHeight >= session.expiryHeight) return true;
  if (!isTicket(state, receipt, issuer)) return true; // §6.5
  // Of earlier prices only the last is known.
  const isPriceKnown = drawHeight >= state.models.at(receipt.model).priceFrom;
  return isPriceKnown && !hasOwnPrice(state, receipt, session);
}

/** §7.6 The price follows from the tokens, and is not above the session's highest. */
function hasOwnPrice(state: LedgerView, receipt: Receipt, session: Readonly<SessionRow>): boolean {
  const priceUnits = chargeOf(state.models.at(receipt.model), session, receipt);
  return receipt.priceUnits === priceUnits && priceUnits <= session.maxTaskUnits;
}

/** What a receipt must charge its session: the network's own tasks cost nothing (§4.12, D7). */
function chargeOf(model: Readonly<ModelRow>, { isBackground }: Readonly<SessionRow>, receipt: Receipt): bigint {
  return isBackground ? 0n : priceOf(pricesAt(model, receipt.drawHeight), receipt);
}

/** The prices of a task whose draw is of that height: a new price is for draws from its own block on (§4.6). */
export function pricesAt(model: Readonly<ModelRow>, drawHeight: number): Prices {
  if (drawHeight >= model.priceFrom) return model;
  return { priceInUnits: model.earlierPriceInUnits, priceOutUnits: model.earlierPriceOutUnits };
}

/** What a task costs: tokensIn · priceIn + tokensOut · priceOut (economics §1.1). */
export function priceOf(prices: Prices, tokens: { readonly tokensIn: number; readonly tokensOut: number }): bigint {
  return BigInt(tokens.tokensIn) * prices.priceInUnits + BigInt(tokens.tokensOut) * prices.priceOutUnits;
}

function hasKnownRoles(state: LedgerView, receipt: Receipt, session: Readonly<SessionRow>): boolean {
  const miner = state.miners.get(receipt.miner);
  return (
    receipt.model === session.model &&
    session.status !== 'closed' &&
    miner?.models.includes(receipt.model) === true &&
    hadGateway(state, receipt)
  );
}

/** §7.6 A gateway that left is still paid for what was drawn before. */
function hadGateway(state: LedgerView, { gateway, drawHeight }: Receipt): boolean {
  const row = state.gateways.get(gateway);
  return row !== undefined && (isActive(row) || drawHeight < row.statusHeight);
}

/** §7.6 A draw names a state that exists, still lives, and was paid for by a session that had not ended. */
export function isInTime(
  state: LedgerView,
  { drawHeight }: Pick<Receipt, 'drawHeight'>,
  session: Readonly<SessionRow>,
  height: number,
): boolean {
  return (
    drawHeight < height &&
    drawHeight + state.params.receiptLifetimeBlocks >= height &&
    drawHeight < session.expiryHeight
  );
}

/** §6.4 The id follows from the ticket, which the mixers check before they certify it (§7.2). */
function hasOwnTaskId(receipt: Receipt, taskId = taskIdOf(receipt)): boolean {
  return equalBytes(taskId, receipt.taskId);
}
