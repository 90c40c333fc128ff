import { formatUnits } from '@assay/client';
import { auditRatePpb, falseVoices, isAudited, noEngine, opinionBasis, opinionOf } from '@assay/ledger';
import { type AuditNumbers, AuditVerdict, addressText, noNumbers, type Ref } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { z } from 'zod';
import { followTrail, type Trail } from './audit-trail.ts';
import { CheckResult, checkResults, checkStep, type Reading } from './checks.ts';
import { disputeAnswer, disputeStep } from './dispute.ts';
import { type Explanation, explanationOf, hex, type Step, stateAfter, transactionAt } from './explanation.ts';
import { flawWord } from './json.ts';
import { numberCells, numberHead } from './numbers.ts';
import { ratio } from './ratio.ts';
import type { History } from './replay-blocks.ts';
import { textAnswer, uncheckedAnswer } from './unchecked.ts';
import { unlikeAnswer } from './unlike.ts';

export const AuditExplanation = explanationOf(
  z.object({
    taskId: z.string(),
    miner: z.int(),
    /** Null while the draw is still to come. */
    audited: z.boolean().nullable(),
    verdict: z.enum(AuditVerdict.words).nullable(),
    outcome: z.enum(['undecided', 'approved', 'rejected']),
    t1ThresholdPpb: z.int(),
    auditors: z.array(
      z.object({
        validator: z.int(),
        state: z.string(),
        finding: z.string().nullable(),
        flaw: z.string().nullable(),
        t1Ppb: z.int().nullable(),
        argmaxMismatches: z.int().nullable(),
        choiceMismatches: z.int().nullable(),
        opinion: z.string().nullable(),
        /** What its numbers were read against, once they are revealed. */
        checks: z.array(CheckResult),
        /** Whether the verdict contradicts it (§10.21). */
        isFalse: z.boolean(),
      }),
    ),
    refundedUnits: z.string(),
    paidEpoch: z.int().nullable(),
    /** Trust of the miner when the audit was drawn, and after the epoch that counted it. */
    trustBeforePpb: z.int(),
    trustAfterPpb: z.int().nullable(),
  }),
);
type AuditResult = z.infer<typeof AuditExplanation>['result'];

/** Why a task was audited or not, by whom, with which numbers, and what followed (§10). */
export async function explainAudit(
  history: History,
  taskId: Uint8Array,
  options: { readonly fast: boolean },
): Promise<Explanation<AuditResult>> {
  const trail = await followTrail(history, taskId, options);
  const { location, miner, draw, end } = trail;
  const accused = falseValidators(trail);
  return {
    question: `What became of the audit of task ${hex(taskId)}, served by miner ${location.receipt.miner}?`,
    answer: answerOf(trail),
    result: {
      taskId: hex(taskId),
      miner: location.receipt.miner,
      audited: draw === null ? null : draw.value.type === 'auditOpened',
      verdict: trail.audit === null ? null : trail.audit.verdict,
      outcome: end === null ? 'undecided' : end.value.type === 'taskApproved' ? 'approved' : 'rejected',
      t1ThresholdPpb: basisOf(trail, noNumbers).t1ThresholdPpb,
      auditors: (trail.audit?.auditors ?? []).map(({ validator, state, numbers }) => {
        const shown = state === 'revealed' ? numbers : null;
        return {
          validator,
          state,
          finding: shown?.finding ?? null,
          flaw: shown === null ? null : flawWord(shown.flaw),
          t1Ppb: shown?.t1Ppb ?? null,
          argmaxMismatches: shown?.argmaxMismatches ?? null,
          choiceMismatches: shown?.choiceMismatches ?? null,
          opinion: shown === null ? null : opinionOf(shown, basisOf(trail, shown)),
          checks: shown === null ? [] : checksIn(trail, shown),
          isFalse: accused.includes(validator),
        };
      }),
      refundedUnits: String(end?.value.type === 'taskRejected' ? end.value.refundedUnits : 0n),
      paidEpoch: trail.paid?.value.epoch ?? null,
      trustBeforePpb: miner.trustPpb,
      trustAfterPpb: trail.trustAfterPpb?.value ?? null,
    },
    steps: [
      ...similarityStep(trail),
      drawStep(trail),
      ...auditorStep(trail),
      ...checkStep(readingsOf(trail), trail.audit?.isPlanted ?? false),
      ...verdictStep(trail),
      ...consequenceStep(trail),
      ...disputeStep(trail.dispute),
    ],
    startHeight: trail.startHeight,
  };
}

/** How like the other replicas the answer is (D4); nothing without redundancy. */
function similarityStep({ location, state }: Trail): Step[] {
  const { session, replica, similarityPpb, taskId } = location.receipt;
  const redundancy = state.sessions.get(session)?.redundancy ?? 1;
  if (redundancy === 1) return [];
  const task = state.tasks.get(state.taskOf(taskId) ?? -1);
  const certified = `${transactionAt(location.height, location.transaction)}, receipt ${location.index}`;
  const facts = [
    { name: 'replica', value: `${replica} of ${redundancy}`, source: `${certified}; session ${session}` },
    { name: 'similarity', value: ratio(similarityPpb), source: certified },
    { name: 'outlier below', value: ratio(state.params.poi.outlierPpb), source: 'params.poi.outlierPpb' },
  ];
  if (task !== undefined) {
    const value = task.agreement;
    facts.push({ name: 'among the replicas', value, source: `task of block ${location.height}` });
  }
  return [
    { title: 'How similar it is to the answers of the other miners', clause: '§7.11, §10.11', facts, table: null },
  ];
}

function drawStep({ location, miner, beacon, draw, end, state }: Trail): Step {
  const { params } = state;
  const { taskId, miner: served } = location.receipt;
  const clause = '§10.1, §9.1';
  const waits = {
    name: 'earliest draw',
    value: `block ${location.height + params.audit.drawDelayBlocks}`,
    source: 'params.audit',
  };
  if (draw === null && end !== null) {
    const facts = [{ name: 'evidence level', value: String(miner.evidenceLevel), source: `miner ${served}` }];
    return { title: 'Nothing of it could be re-checked, so nothing was drawn', clause: '§10.11', facts, table: null };
  }
  if (draw === null) return { title: 'The draw is still to come', clause, facts: [waits], table: null };
  const was = stateAfter(draw.height - 1);
  const { ratePpb } = draw.value;
  const expectedPpb = auditRatePpb(params.audit, miner);
  const facts = [
    {
      name: 'certified',
      value: transactionAt(location.height, location.transaction),
      source: `receipt ${location.index}`,
    },
    waits,
    { name: 'audited before', value: String(miner.audited), source: `miner ${served}, ${was}` },
    { name: 'all audited below', value: String(params.audit.newMinerTasks), source: 'params.audit.newMinerTasks' },
    { name: 'trust', value: ratio(miner.trustPpb), source: `miner ${served}, ${was}` },
    { name: 'results owed', value: String(miner.resultsOwed), source: `miner ${served}, ${was}; §10.13` },
    { name: 'rate', value: ratio(ratePpb), source: `block ${draw.height}; from trust: ${ratio(expectedPpb)}` },
    { name: 'beacon', value: hex(beacon), source: stateAfter(draw.height) },
    {
      name: 'drawn',
      value: isAudited(beacon, taskId, ratePpb) ? 'yes' : 'no',
      source: 'first 64 bits of SHA-256(beacon ‖ task id) ÷ 2^64 < rate',
    },
  ];
  return { title: `Block ${draw.height} drew whether to audit it`, clause, facts, table: null };
}

function auditorStep(trail: Trail): Step[] {
  const { audit, drawn, commits, reveals } = trail;
  if (audit === null) return [];
  const { validators } = trail.state;
  const rows = audit.auditors.map(({ validator, state, numbers }) => [
    String(validator),
    addressText(validators.at(validator).operator),
    `block ${drawn.get(validator) ?? '?'}`,
    commits.get(validator) ?? '-',
    reveals.get(validator) ?? state,
    ...(state === 'revealed' ? numberCells(numbers, basisOf(trail, numbers)) : numberHead.map(() => '-')),
  ]);
  const head = ['validator', 'operator', 'drawn', 'committed', 'revealed', ...numberHead];
  const facts = [
    { name: 'seed', value: hex(audit.seed), source: `block ${audit.drawnHeight}` },
    { name: 'drawn first', value: String(audit.firstAuditors), source: `§10.20, block ${audit.drawnHeight}` },
  ];
  if (!equalBytes(audit.engine, noEngine)) {
    facts.push({ name: 'all audit with', value: hex(audit.engine), source: '§10.2.1' });
  }
  return [
    {
      title: 'Auditors, drawn by power among those not tied to the miner; numbers stay hidden until all have committed',
      clause: '§10.2, §10.3',
      facts,
      table: { head, rows },
    },
  ];
}

const checksIn = (trail: Trail, numbers: AuditNumbers) =>
  checkResults(numbers, basisOf(trail, numbers), trail.audit?.isPlanted ?? false);

/** What was revealed, and what it was read against. */
function readingsOf(trail: Trail): Reading[] {
  return (trail.audit?.auditors ?? []).flatMap(({ validator, state, numbers }) =>
    state === 'revealed' ? [{ validator, numbers, basis: basisOf(trail, numbers) }] : [],
  );
}

/** Whose opinion the verdict, or a plant, contradicts (§10.21, §10.27). */
function falseValidators(trail: Trail): Ref<'validators'>[] {
  const { audit } = trail;
  if (audit === null) return [];
  return falseVoices(trail.state, audit, trail.location.receipt);
}

function verdictStep(trail: Trail): Step[] {
  const { audit, location } = trail;
  if (audit === null) return [];
  const { mismatchesMilli } = basisOf(trail, noNumbers);
  const planted = { name: 'T1 says nothing', value: 'wrong on purpose', source: '§10.25: its miner opened the seal' };
  const pooled = `miner ${location.receipt.miner}, before the verdict`;
  return [
    {
      title: `The verdict: ${audit.verdict}; passes acquit with a lead of two, failures convict with one of three`,
      clause: '§10.4, §10.12, verification §2, §4.7',
      facts: [
        ...(audit.isPlanted ? [planted] : []),
        { name: 'mismatches pooled before', value: milli(mismatchesMilli), source: pooled },
        ...falseValidators(trail).map((validator) => ({
          name: 'contradicted',
          value: `validator ${validator}`,
          source: '§10.21: a strike, no duty, a case',
        })),
      ],
      table: null,
    },
  ];
}

function consequenceStep({ location, end, paid, trustAfterPpb, miner, unchecked }: Trail): Step[] {
  if (end === null) return [];
  const facts = [
    {
      name: 'price',
      value: formatUnits(location.receipt.priceUnits),
      source: transactionAt(location.height, location.transaction),
    },
  ];
  if (end.value.type === 'taskRejected') {
    facts.push({ name: 'refunded', value: formatUnits(end.value.refundedUnits), source: `block ${end.height}` });
  }
  if (paid !== null) {
    const { minersUnits } = paid.value.parts;
    const source = `end of epoch ${paid.value.epoch}, block ${paid.height}`;
    facts.push({ name: "paid to the miner's people", value: formatUnits(minersUnits), source });
  }
  facts.push({ name: 'trust before', value: ratio(miner.trustPpb), source: `miner ${location.receipt.miner}` });
  if (trustAfterPpb !== null) {
    const { height, value } = trustAfterPpb;
    facts.push({ name: 'trust after', value: ratio(value), source: stateAfter(height) });
  }
  if (unchecked !== null) {
    const source = `block ${unchecked.height}, §10.13: each audit with a result takes one away`;
    facts.push({ name: 'results owed', value: String(unchecked.value.resultsOwed), source });
  }
  return [{ title: 'What followed', clause: 'economics §2, verification §4', facts, table: null }];
}

function answerOf(trail: Trail): string {
  const { location, draw, audit, end, paid } = trail;
  const miner = `miner ${location.receipt.miner}`;
  const disputed = disputeAnswer(trail.dispute, miner);
  if (disputed !== null) return disputed;
  if (end?.value.type === 'taskRejected' && draw === null) return unlikeAnswer(miner, end.value);
  if (draw === null) return 'The beacon has not drawn yet whether to audit it; ask again in a few blocks.';
  if (draw.value.type === 'auditSkipped' || audit === null) {
    return `The beacon did not draw it for an audit (rate ${ratio(draw.value.ratePpb)}), so it was approved unaudited.`;
  }
  if (end === null) return 'The audit is under way; its auditors have still to commit or reveal their numbers.';
  if (end.value.type === 'taskApproved') {
    const pay = paid === null ? 'is paid when its epoch closes' : `was paid at the end of epoch ${paid.value.epoch}`;
    return `The audit passed: ${miner} served what it claims, the task was approved and ${pay}.`;
  }
  const refund = `${formatUnits(end.value.refundedUnits)} units went back to the payer`;
  if (end.value.reason === 'hung') return `The auditors did not agree enough for a verdict; ${refund}.`;
  if (end.value.reason === 'noResult' && trail.miner.evidenceLevel === 0) return textAnswer(miner, refund);
  if (trail.unchecked !== null) return uncheckedAnswer(miner, trail.unchecked.value, refund);
  if (end.value.reason === 'noResult') return `The audit gave no result, which is nobody's fault; ${refund}.`;
  const { reason } = end.value;
  return `The audit failed (${reason}): ${miner} did not serve what it claims and was paid nothing; ${refund}.`;
}

const milli = (thousandths: number) => (thousandths / 1000).toFixed(3);

const basisOf = ({ state, audit, location }: Trail, numbers: AuditNumbers) =>
  opinionBasis(state, audit, location.receipt, numbers);
