import { formatUnits as units } from '@assay/client';
import { stakeOf } from '@assay/ledger';
import { addressText, type CaseRow, type Ref } from '@assay/protocol';
import { equalBytes, toHex } from '@assay/ssz';
import { z } from 'zod';
import type { CaseRecord, FoundCase } from './case-book.ts';
import { checkStep } from './checks.ts';
import { type Explanation, explanationOf, hex, type Step } from './explanation.ts';
import { flawWord } from './json.ts';
import type { History } from './replay-blocks.ts';
import { answerOf, capStep, decisionStep, foundCase, matterStep, resultOf, SlashResult } from './slash.ts';

export const CaseExplanation = explanationOf(
  SlashResult.extend({
    /** Who owned the stake when the case was opened. */
    owner: z.string(),
    /** While it is not decided: the epoch at whose end silence decides, and what it makes of the case. */
    deadlineEpoch: z.int().nullable(),
    silence: z.enum(['due', 'executed', 'dismissed']).nullable(),
    /** What members of the foundation said, and how many of them must agree. */
    opinions: z.array(z.object({ member: z.string(), isFine: z.boolean() })),
    quorum: z.int(),
    /** The failures of this miner that are kept, by who paid for the task and by flaw. */
    accusers: z.array(z.object({ payer: z.string(), flaw: z.string().nullable(), cases: z.array(z.int()) })),
    /** Numbers of the other cases that are kept against stakes of the same owner. */
    ofOwner: z.array(z.int()),
  }),
);
type CaseResult = z.infer<typeof CaseExplanation>['result'];

/** All that a person needs who decides about a case (§10.6): the matter, the evidence, who else, what was before. */
export async function explainCase(
  history: History,
  number: Ref<'cases'>,
  options: { readonly fast: boolean },
): Promise<Explanation<CaseResult>> {
  const found = await foundCase(history, number, options);
  const { record, startHeight, openedAt } = found;
  const accusers = accusersOf(found);
  const ofOwner = othersOf(found);
  const { open, params, opinions } = record;
  const result: CaseResult = {
    ...resultOf(record),
    owner: addressText(record.owner),
    deadlineEpoch: open?.row.deadlineEpoch ?? null,
    silence: open?.silence ?? null,
    opinions: opinions.map(({ value }) => ({ member: addressText(value.member), isFine: value.isFine })),
    quorum: params.cases.foundationQuorum,
    accusers,
    ofOwner: ofOwner.map(({ id }) => id),
  };
  return {
    question: `What is case ${number} against ${result.against} about, and what speaks for and against it?`,
    answer: `${answerOf(record, result)} ${commandsFor(record)}`,
    result,
    steps: [
      matterStep(record),
      ...checkStep(
        record.reveals.map(({ value, basis }) => ({ ...value, basis })),
        record.isPlanted,
      ),
      ...accuserStep(accusers),
      ownerStep(found, ofOwner),
      capStep(record, openedAt),
      ...decisionStep(record),
    ],
    startHeight,
  };
}

/** §10.15 Who paid for the tasks that this miner failed, and by which flaw: what all have in common may err. */
function accusersOf({ record: { row }, head }: FoundCase): CaseResult['accusers'] {
  if (row.kind !== 'miner') return [];
  const groups = new Map<string, CaseResult['accusers'][number]>();
  for (const { cause, kind, role, payer, flaw, id } of head.cases) {
    if (kind !== 'miner' || role !== row.role || !['softFailure', 'hardFailure'].includes(cause)) continue;
    const key = `${toHex(payer)} ${flaw}`;
    const group = groups.get(key) ?? { payer: addressText(payer), flaw: flawWord(flaw), cases: [] };
    group.cases.push(id);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function accuserStep(accusers: CaseResult['accusers']): Step[] {
  if (accusers.length === 0) return [];
  const payers = new Set(accusers.map(({ payer }) => payer)).size;
  const flaws = new Set(accusers.map(({ flaw }) => flaw));
  const isOneFlaw = flaws.size === 1 && !flaws.has(null);
  const doubt = 'may say more about who accuses than about the miner';
  const facts = [
    {
      name: 'payers',
      value: String(payers),
      source: payers === 1 ? `one alone ${doubt}` : 'several, who need not agree',
    },
    {
      name: 'one flaw in all',
      value: isOneFlaw ? 'yes' : 'no',
      source: isOneFlaw ? `which ${doubt}` : 'of all artifacts',
    },
  ];
  return [
    {
      title: 'Who paid for the tasks it failed, and by which flaw',
      clause: '§10.15',
      facts,
      table: {
        head: ['payer', 'flaw', 'cases'],
        rows: accusers.map(({ payer, flaw, cases }) => [payer, flaw ?? '-', cases.join(', ')]),
      },
    },
  ];
}

/** The cases that the state keeps against other stakes of the owner, or against this one. */
function othersOf({ record, head }: FoundCase): Readonly<CaseRow>[] {
  return [...head.cases].filter(({ id, kind, role }) => {
    const owner = stakeOf(head, kind, role)?.owner;
    return id !== record.row.id && owner !== undefined && equalBytes(owner, record.owner);
  });
}

function ownerStep({ record: { owner }, openedAt }: FoundCase, others: readonly Readonly<CaseRow>[]): Step {
  const facts = [{ name: 'owner', value: addressText(owner), source: `${others.length} other cases` }];
  const head = ['case', 'against', 'cause', 'opened', 'held', 'status'];
  const rows = others.map(({ id, kind, role, cause, fineUnits, status }) => {
    const opened = `block ${openedAt.get(id) ?? '?'}`;
    return [String(id), `${kind} ${role}`, cause, opened, units(fineUnits), status];
  });
  const title = 'What else there was against stakes of the same owner';
  return { title, clause: '§10.6', facts, table: rows.length === 0 ? null : { head, rows } };
}

function commandsFor({ opened, task, open }: CaseRecord): string {
  const { case: number } = opened.value;
  const { cause, subject } = opened.value;
  const audited = cause === 'falseVerdict' ? subject : task?.receipt.taskId;
  const audit = audited === undefined ? '' : `\`assay explain audit ${hex(audited)}\` shows the audit, `;
  const more = `${audit}\`assay explain slash ${number}\` what the fine follows from.`;
  const decide = `A member of the foundation decides with \`assay case decide ${number} --fine\` or \`--dismiss\`. `;
  return `${open?.row.status === 'review' ? decide : ''}${more}`;
}
