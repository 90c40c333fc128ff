import { receiptsCode, reportsCode, transitionsCode } from '@assay/ledger';
import {
  type Attestation,
  type BatchHeader,
  DisputedChallenge,
  type DisputeEvidence,
  drawIdOf,
  limits,
  type MeasuredMiner,
  messageTypes,
  Precommit,
  precommitHash,
  type Receipt,
  type Ref,
  type ResultCode,
  type TaskEvidence,
  TaskRequest,
} from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { clockToleranceMs } from '../announcements.ts';
import { contentsOf, type FinishedTask } from '../attestations.ts';
import { presentCommittee } from '../committee.ts';
import type { Claimed } from '../request-dedup.ts';
import { checkDraw } from './check-draw.ts';
import { checkHome } from './check-home.ts';
import { checkTicket } from './check-ticket.ts';
import { checkTime } from './check-time.ts';
import { checkTransition } from './check-transition.ts';
import type { CheckView } from './check-view.ts';

/** The mixer, epoch and number of a batch. */
export type Turn = Pick<BatchHeader, 'mixer' | 'epoch' | 'sequence'>;

/** An attestation that may not be certified, by its index in the batch. */
export interface Flaw {
  readonly index: number;
  readonly reason: string;
}

/**
 * Most of each kind offered at once: checking a receipt takes 1.5 ms, mostly its ticket, and must end within
 * `answerMs`.
 */
const mostOffered = {
  receipt: 800,
  transition: limits.maxBatchTransitions,
  report: limits.maxBatchReports,
} as const satisfies Record<Attestation['kind'], number>;

/** As many of these as are offered at once, the first of each kind. */
export function fitting(attestations: readonly Attestation[]): Attestation[] {
  const room: Record<Attestation['kind'], number> = { ...mostOffered };
  return attestations.filter(({ kind }) => room[kind]-- > 0);
}

/**
 * Which attestations of a batch may not be certified, and why (§7.2): each by itself, then the rest together by the
 * ledger, and what is left by whether the payer asked for it once, and this mixer. All of them at once: who names more
 * when it is asked again counts for nothing (§14.12).
 */
export function checkBatch(view: CheckView, turn: Turn, attestations: readonly Attestation[]): Flaw[] {
  const reasons = attestations.map((attestation) => checkOne(view, turn, attestation));
  for (const check of [checkTogether, checkPayers]) {
    const sound = [...attestations.keys()].filter((index) => reasons[index] === null);
    const left = sound.flatMap((index) => attestations[index] ?? []);
    for (const { index, reason } of check(view, turn, left)) reasons[sound[index] ?? 0] = reason;
  }
  return reasons.flatMap((reason, index) => (reason === null ? [] : [{ index, reason }]));
}

function checkTogether(view: CheckView, turn: Turn, attestations: readonly Attestation[]): Flaw[] {
  if (codeOf(view, turn, attestations) === 'OK') return [];
  const kept: Attestation[] = [];
  return attestations.flatMap((attestation, index): Flaw[] => {
    const code = codeOf(view, turn, [...kept, attestation]);
    if (code !== 'OK') return [{ index, reason: code }];
    kept.push(attestation);
    return [];
  });
}

/** The requests that the receipts of a batch are for. */
export function claimsOf(attestations: readonly Attestation[]): Claimed[] {
  return attestations.flatMap(({ kind, value }) =>
    kind === 'receipt' ? [{ request: value.evidence.request, taskId: drawIdOf(value.receipt) }] : [],
  );
}

function checkPayers(view: CheckView, { mixer }: Turn, attestations: readonly Attestation[]): Flaw[] {
  const seats = presentCommittee(view.state).length;
  const refusals = view.requestDedup.refusals(claimsOf(attestations), { mixer, seats });
  return attestations.flatMap(({ kind, value }, index): Flaw[] => {
    const reason = kind === 'receipt' ? (refusals.shift() ?? checkHome(view, value.receipt, mixer)) : null;
    return reason === null ? [] : [{ index, reason }];
  });
}

/** What is checked of an attestation besides the ledger's own rules. */
function checkOne(view: CheckView, turn: Turn, { kind, value }: Attestation): string | null {
  if (kind === 'receipt') return checkReceipt(view, value, turn.mixer);
  return kind === 'transition' ? checkTransition(view, value, turn.mixer) : checkReport(view, value);
}

function codeOf({ state, verifier }: CheckView, turn: Turn, attestations: readonly Attestation[]): ResultCode {
  const { receipts, records } = contentsOf(attestations);
  const height = state.globals.height + 1;
  const code = receiptsCode(state, receipts, height);
  if (code !== 'OK') return code;
  const late = transitionsCode(state, records.transitions, height);
  const certified = receipts.map(({ taskId }) => taskId);
  return late === 'OK' ? reportsCode(state, records.reports, { ...turn, verifier, certified }) : late;
}

/** Why a receipt may not be certified; null when it may. One reason, the first that applies. */
function checkReceipt(view: CheckView, { receipt, evidence }: FinishedTask, mixer: Ref<'mixers'>): string | null {
  const session = view.state.sessions.get(receipt.session);
  const miner = view.state.miners.get(receipt.miner);
  if (session === undefined || miner === undefined) return 'unknown session or miner';
  return (
    checkTicket(view, receipt, mixer) ??
    checkRequest(view, receipt, evidence, session.sessionKey) ??
    checkWork(view, { ...receipt, ...evidence }, miner.publicKey) ??
    checkDraw(view, receipt) ??
    checkTime(view, receipt, mixer) ??
    checkValidity(view, { ...receipt, mixer }, evidence.request)
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
    request.maxTokensIn === receipt.maxTokensIn &&
    request.maxTokensOut === receipt.maxTokensOut &&
    equalBytes(request.requestHash, receipt.requestHash);
  if (!same) return 'the receipt is not for the signed request';
  const root = view.roots.of(messageTypes.taskRequest, TaskRequest, request);
  if (!view.verifier.ed25519(sessionKey, root, evidence.requestSignature))
    return 'the request is not signed by the session';
  const within = receipt.tokensIn <= receipt.maxTokensIn && receipt.tokensOut <= receipt.maxTokensOut;
  return within ? null : 'more tokens than were asked for';
}

/** §5.22 A request holds when its task begins, and not for long: what was used is remembered until then. */
function checkValidity(
  view: CheckView,
  { mixer, taskId, drawHeight }: Pick<Receipt, 'taskId' | 'drawHeight'> & Pick<Turn, 'mixer'>,
  { validUntilMs }: TaskRequest,
): string | null {
  if (validUntilMs > view.nowMs + limits.maxRequestValidityMs + clockToleranceMs)
    return 'the request holds for too long';
  const drawnMs = view.blockMs(drawHeight);
  if (drawnMs === null) return 'the draw is of no block';
  const heardMs = view.announcements.heard(mixer, taskId)?.firstMs ?? null;
  // Where the chain is ahead of the clock its time says nothing.
  const startMs = Math.max(heardMs ?? 0, drawnMs <= view.nowMs ? drawnMs : (heardMs ?? view.nowMs));
  return startMs > validUntilMs + clockToleranceMs ? 'the request had expired when its task began' : null;
}

/** An artifact, and the miner's word for it. */
type Work = Pick<Receipt, 'taskId' | 'miner' | 'model' | 'requestHash' | 'artifactRoot'> & DisputeEvidence;

function checkWork(
  view: CheckView,
  { taskId, miner, precommitSignature, ...work }: Work,
  minerKey: Uint8Array,
): string | null {
  const hash = precommitHash(work);
  const root = view.roots.of(messageTypes.precommit, Precommit, { taskId, miner, hash });
  return view.verifier.ed25519(minerKey, root, precommitSignature)
    ? null
    : 'the artifact is not the one the miner signed';
}

/** §8.6 Why a report may not be certified: nobody disputes what the miner did not sign. */
function checkReport(view: CheckView, { report, evidence }: MeasuredMiner): string | null {
  const { miner, disputed } = report;
  const minerKey = view.state.miners.get(miner)?.publicKey;
  if (minerKey === undefined) return 'unknown miner';
  if (evidence.length !== disputed.length) return 'not one evidence for each disputed challenge';
  const reasons = evidence.map((each, index) => {
    const challenge = disputed[index] ?? DisputedChallenge.defaultValue();
    return checkWork(view, { ...challenge, ...each, miner }, minerKey);
  });
  return reasons.find((reason) => reason !== null) ?? null;
}
