import { isUnchecked, type LedgerView } from '@assay/ledger';
import { type AuditRow, addressOf, type LedgerEvent, type MinerRow, type Ref } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { bodyOf, certifiedTask, type ReceiptLocation } from './certified.ts';
import { type Dispute, disputedTask, disputeEvents } from './dispute.ts';
import { hex, transactionAt } from './explanation.ts';
import { notCertified } from './refusal.ts';
import { type History, type Replayed, replayBlocks, startUpTo } from './replay-blocks.ts';

type Of<Type extends LedgerEvent['type']> = Extract<LedgerEvent, { type: Type }>;
interface At<Value> {
  readonly height: number;
  readonly value: Value;
}

/** Everything the chain says about one task from its certificate on. */
export interface Trail {
  location: ReceiptLocation;
  /** The miner's row before the block of the draw. */
  miner: Readonly<MinerRow>;
  /** Beacon in the state after the block of the draw. */
  beacon: Uint8Array;
  draw: At<Of<'auditOpened'> | Of<'auditSkipped'>> | null;
  audit: Readonly<AuditRow> | null;
  /** Where each auditor was drawn, committed and revealed, by validator. */
  readonly drawn: Map<Ref<'validators'>, number>;
  readonly commits: Map<Ref<'validators'>, string>;
  readonly reveals: Map<Ref<'validators'>, string>;
  end: At<Of<'taskApproved'> | Of<'taskRejected'>> | null;
  paid: At<Of<'taskPaid'>> | null;
  /** That it owes results, as nobody could compare its engine (§10.13). */
  unchecked: At<Of<'minerUnchecked'>> | null;
  dispute: Dispute;
  /** The miner's trust after the close of the epoch, which pays what was approved and counts the audit. */
  trustAfterPpb: At<number> | null;
  /** The state where the trail ends. */
  state: LedgerView;
  /** Height of the state that the replay began with. */
  readonly startHeight: number;
}

/** Follows a task from its certificate to what is known of it last. Throws a Refusal where there is none. */
export async function followTrail(
  history: History,
  taskId: Uint8Array,
  options: { readonly fast: boolean },
): Promise<Trail> {
  const span = (await history.spanOf(taskId))?.heights ?? (await disputeSpan(history, taskId));
  const [first, last] = [span[0], span.at(-1)];
  if (first === undefined || last === undefined) throw notCertified(history, taskId);
  const start = await startUpTo(history, first - 1);
  const startHeight = start.ledger.state.globals.height;
  let trail: Trail | null = null;
  let before = standings(start.ledger.state);
  for await (const replayed of replayBlocks(history, { ...options, start })) {
    const { block, result, ledger } = replayed;
    if (trail === null) {
      const location = certifiedTask(block, result, taskId) ?? disputedTask(block, result, taskId);
      if (location !== null) trail = begin(location, ledger.state, startHeight);
    }
    if (trail !== null) note(trail, replayed, before);
    if (trail !== null && replayed.height >= last && isOver(trail)) return trail;
    before = standings(ledger.state);
  }
  if (trail !== null) return trail;
  throw notCertified(history, taskId);
}

/** Of a challenge, which no block certifies. */
async function disputeSpan(history: History, taskId: Uint8Array): Promise<number[]> {
  const events = [...(await history.marked('challengeDisputed')), ...(await history.marked('challengeJudged'))];
  return events.flatMap(({ height, event }) => (event.taskId === hex(taskId) ? [height] : []));
}

const standings = ({ miners }: LedgerView): readonly Readonly<MinerRow>[] =>
  Array.from(miners, (_, miner) => miners.standing(miner));

/** Whether nothing more comes of it but what its span names: it is judged, and its epoch has counted it. */
function isOver({ dispute, end, trustAfterPpb }: Trail): boolean {
  if (dispute.some(({ event }) => event.type === 'challengeJudged')) return true;
  return end !== null && trustAfterPpb !== null;
}

function begin(location: ReceiptLocation, state: LedgerView, startHeight: number): Trail {
  return {
    location,
    state,
    startHeight,
    miner: state.miners.standing(location.receipt.miner),
    beacon: state.globals.beacon,
    draw: null,
    audit: null,
    end: null,
    paid: null,
    unchecked: null,
    trustAfterPpb: null,
    dispute: [],
    drawn: new Map(),
    commits: new Map(),
    reveals: new Map(),
  };
}

function note(trail: Trail, { height, block, result, ledger }: Replayed, before: readonly Readonly<MinerRow>[]): void {
  const { taskId, miner } = trail.location.receipt;
  const index = ledger.state.auditOf(taskId);
  if (index !== undefined) trail.audit = ledger.state.audits.at(index);
  noteTransactions(trail, { height, block, result, ledger });
  trail.dispute = [...trail.dispute, ...disputeEvents(result, taskId)];
  for (const event of result.events) {
    const ended = trail.end === null ? null : Math.floor(trail.end.height / ledger.state.params.epochBlocks);
    if (event.type === 'epochClosed' && event.close.epoch === ended) {
      trail.trustAfterPpb = { height, value: ledger.state.miners.standing(miner).trustPpb };
    }
    // Of this very task: it follows its end, and two of its auditors say so.
    const isOwn = trail.end?.height === height && trail.audit !== null && isUnchecked(trail.audit);
    if (event.type === 'minerUnchecked' && isOwn) trail.unchecked ??= { height, value: event };
    if (!('taskId' in event) || !equalBytes(event.taskId, taskId)) continue;
    if (event.type === 'auditOpened' || event.type === 'auditSkipped') {
      trail.draw = { height, value: event };
      trail.beacon = ledger.state.globals.beacon;
      trail.miner = before[miner] ?? trail.miner;
    }
    if (event.type === 'auditDrawn') for (const validator of event.auditors) trail.drawn.set(validator, height);
    if (event.type === 'taskApproved' || event.type === 'taskRejected') trail.end = { height, value: event };
    if (event.type === 'taskPaid') trail.paid = { height, value: event };
  }
}

function noteTransactions(trail: Trail, { height, block, result, ledger }: Replayed): void {
  const { taskId } = trail.location.receipt;
  for (const [transaction, { code, kind, sender, events }] of result.transactions.entries()) {
    if (code !== 'OK' || (kind !== 'auditCommit' && kind !== 'auditReveal') || sender === null) continue;
    const items: readonly { taskId: Uint8Array }[] = bodyOf(block, transaction, kind)?.items ?? [];
    const refused = events.flatMap((event) => (event.type === 'auditItemsRefused' ? event.refused : []));
    const isTaken = (index: number) => !refused.some(({ item }) => item === index);
    if (!items.some((item, index) => equalBytes(item.taskId, taskId) && isTaken(index))) continue;
    const validator = [...ledger.state.validators].findIndex(({ publicKey }) =>
      equalBytes(addressOf(publicKey), sender),
    );
    (kind === 'auditCommit' ? trail.commits : trail.reveals).set(validator, transactionAt(height, transaction));
  }
}
