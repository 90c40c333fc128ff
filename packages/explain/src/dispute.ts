import type { BlockResult } from '@assay/ledger';
import { type Block, type LedgerEvent, noKnownTask, noSession, Receipt } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { bodyOf, type ReceiptLocation } from './certified.ts';
import { hex, type Step } from './explanation.ts';

type DisputeEvent = Extract<
  LedgerEvent,
  { readonly type: 'challengeDisputed' | 'challengeJudged' | 'auditReopened' | 'plantOpened' | 'taskReaudited' }
>;
type Of<Type extends DisputeEvent['type']> = Extract<DisputeEvent, { readonly type: Type }>;
/** What the chain says of a challenge, or of an answer that one contradicts, in order. */
export type Dispute = readonly { readonly height: number; readonly event: DisputeEvent }[];

/** A challenge that a block has auditors decide on, as a location of the receipt it never gets (§8.6). */
export function disputedTask(block: Block, result: BlockResult, taskId: Uint8Array): ReceiptLocation | null {
  for (const [transaction, { code }] of result.transactions.entries()) {
    const body = code === 'OK' ? bodyOf(block, transaction, 'certifiedBatch') : null;
    for (const [index, { miner, disputed }] of (body?.records.reports ?? []).entries()) {
      const challenge = disputed.find((each) => equalBytes(each.taskId, taskId));
      if (body === null || challenge === undefined) continue;
      const { model, tokensIn, tokensOut, artifactRoot } = challenge;
      const receipt: Receipt = {
        ...Receipt.defaultValue(),
        taskId,
        kind: 'challenge',
        session: noSession,
        miner,
        model,
        tokensIn,
        tokensOut,
        artifactRoot,
        drawHeight: result.height,
      };
      return { height: result.height, transaction, index, mixer: body.certificate.header.mixer, receipt };
    }
  }
  return null;
}

/** The events of a block about the dispute of a task. */
export function disputeEvents({ events, height }: BlockResult, taskId: Uint8Array): Dispute {
  return events.flatMap((event) => {
    const isOfDispute =
      event.type === 'challengeDisputed' ||
      event.type === 'challengeJudged' ||
      event.type === 'auditReopened' ||
      event.type === 'plantOpened' ||
      event.type === 'taskReaudited';
    return isOfDispute && equalBytes(event.taskId, taskId) ? [{ height, event }] : [];
  });
}

export function disputeStep(dispute: Dispute): Step[] {
  if (dispute.length === 0) return [];
  const facts = dispute.map(({ height, event }) => ({ ...factOf(event), source: `block ${height}` }));
  return [{ title: 'What else was said of it', clause: '§8.6–§8.8, §10.25', facts, table: null }];
}

function factOf(event: DisputeEvent): { name: string; value: string } {
  switch (event.type) {
    case 'challengeDisputed':
      return isFresh(event)
        ? { name: `mixer ${event.mixer} asked`, value: 'what nobody knew the answer to' }
        : { name: `mixer ${event.mixer} knew another answer`, value: `that of task ${hex(event.knownTaskId)}` };
    case 'challengeJudged':
      return { name: 'the auditors found', value: event.verdict };
    case 'auditReopened':
      return { name: 'contradicted by challenge', value: hex(event.challengeTaskId) };
    case 'plantOpened':
      return { name: 'its miner says', value: 'its numbers are wrong on purpose, to test its auditors' };
    case 'taskReaudited':
      return { name: 'the second audit found', value: event.verdict };
  }
}

/** What it came to, in a sentence; null while nothing did. */
export function disputeAnswer(dispute: Dispute, miner: string): string | null {
  const last = dispute.findLast(({ event }) => event.type !== 'plantOpened')?.event;
  if (last === undefined || last.type === 'plantOpened') return null;
  if (last.type === 'auditReopened') return 'A challenge contradicts this answer; it is being audited a second time.';
  if (last.type === 'challengeDisputed') return `A challenge of ${miner}; its auditors have still to decide.`;
  const isFailure = last.verdict === 'soft' || last.verdict === 'hard';
  if (last.type === 'taskReaudited') {
    if (dispute.some(({ event }) => event.type === 'plantOpened')) return plantAnswer(miner, last.verdict);
    const end = isFailure ? `a failure of ${miner}` : 'nothing that counts';
    return `A challenge contradicted this answer after its end; its second audit found ${last.verdict}: ${end}.`;
  }
  if (isFailure) return `A challenge of ${miner}, which failed it (${last.verdict}); that is a failure in its record.`;
  const fresh = dispute.some(({ event }) => event.type === 'challengeDisputed' && isFresh(event));
  const passed = fresh
    ? 'it counts as right for what capacity is paid'
    : 'the known answer was another, and is audited again';
  const end = last.verdict === 'pass' ? passed : 'it leaves no trace';
  return `A challenge of ${miner} (${last.verdict}): ${end}.`;
}

/** Whether no answer was known to it (§8.6.1). */
function isFresh({ knownTaskId }: Of<'challengeDisputed'>): boolean {
  return equalBytes(knownTaskId, noKnownTask);
}

function plantAnswer(miner: string, verdict: Of<'taskReaudited'>['verdict']): string {
  const end = verdict === 'soft' || verdict === 'hard' ? `a failure of ${miner}` : 'nothing against its tokens';
  const planted = `The audit passed numbers that ${miner} had made wrong on purpose`;
  return `${planted}; others looked again, and found ${end}.`;
}
