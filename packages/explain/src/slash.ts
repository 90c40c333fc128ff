import { formatUnits as units } from '@assay/client';
import { offenceFine, proposedFine, roomOf } from '@assay/ledger';
import { addressText, type CaseCause, CaseStatus, type Ref, ref } from '@assay/protocol';
import { z } from 'zod';
import { type CaseRecord, caseOf, type FoundCase, statusOf } from './case-book.ts';
import { silenceWords } from './case-words.ts';
import { type Explanation, explanationOf, hex, type Step, transactionAt } from './explanation.ts';
import { numberCells, numberHead } from './numbers.ts';
import { ratio } from './ratio.ts';
import { Refusal } from './refusal.ts';
import type { History } from './replay-blocks.ts';

export const SlashResult = z.object({
  case: z.int(),
  cause: z.string(),
  /** Whose stake: `miner 2`. */
  against: z.string(),
  /** The task, the offence, or the hash of a reason. */
  subject: z.string(),
  status: z.enum(CaseStatus.words),
  /** The fine before its caps, and the same from the numbers shown. */
  proposedUnits: z.string(),
  recomputedProposedUnits: z.string(),
  stakeUnits: z.string(),
  leavingUnits: z.string(),
  takenUnits: z.string(),
  /** What was held, and the same from the numbers shown. */
  heldUnits: z.string(),
  recomputedHeldUnits: z.string(),
  appealBondUnits: z.string(),
  rewards: z.array(z.object({ account: z.string(), units: z.string() })),
  burnedUnits: z.string(),
  returnedUnits: z.string(),
});
export type SlashResult = z.infer<typeof SlashResult>;
export const SlashExplanation = explanationOf(SlashResult);
const PPB = 1_000_000_000n;

/** Why a case was opened, what its fine follows from, who decided, and where it went (economics §6). */
export async function explainSlash(
  history: History,
  number: Ref<'cases'>,
  options: { readonly fast: boolean },
): Promise<Explanation<SlashResult>> {
  const { record, startHeight, openedAt } = await foundCase(history, number, options);
  const result = resultOf(record);
  return {
    question: `What became of case ${number} against ${result.against}?`,
    answer: answerOf(record, result),
    result,
    steps: [
      matterStep(record),
      proposalStep(record),
      capStep(record, openedAt),
      ...decisionStep(record),
      ...endStep(record, result),
    ],
    startHeight,
  };
}

/** The case of a number. Throws Refusal where there is none. */
export async function foundCase(
  history: History,
  number: Ref<'cases'>,
  options: { readonly fast: boolean },
): Promise<FoundCase> {
  const found = await caseOf(history, number, options);
  if (found !== null) return found;
  const known = (await history.marked('caseOpened')).length;
  const words = known === 0 ? 'has no cases' : `has cases 0 to ${known - 1}`;
  throw new Refusal('notFound', `There is no ${ref('cases').describe(number)}: ${history.source} ${words}.`);
}

export function resultOf(record: CaseRecord): SlashResult {
  const { opened, appeal, end } = record;
  const { value } = opened;
  const executed = end?.value.type === 'caseExecuted' ? end.value : null;
  return {
    case: value.case,
    cause: value.cause,
    against: `${value.kind} ${value.role}`,
    subject: hex(value.subject),
    status: statusOf(record),
    proposedUnits: String(value.proposedUnits),
    recomputedProposedUnits: String(proposedOf(record)),
    stakeUnits: String(value.stakeUnits),
    leavingUnits: String(value.leavingUnits),
    takenUnits: String(value.takenUnits),
    heldUnits: String(isForfeit(record) ? record.row.fineUnits : value.heldUnits),
    recomputedHeldUnits: String(heldOf(record)),
    appealBondUnits: String(appeal?.value.bondUnits ?? 0n),
    rewards: (executed?.rewards ?? []).map((one) => ({ account: addressText(one.account), units: String(one.units) })),
    burnedUnits: String(executed?.burnedUnits ?? 0n),
    returnedUnits: String(end?.value.type === 'caseDismissed' ? end.value.returnedUnits : 0n),
  };
}

const offences: readonly CaseCause[] = ['equivocation', 'invalidItem', 'doubleVote', 'brokenPrecommit', 'falseVerdict'];

/** The fine before its caps, by the rule of its cause. */
function proposedOf({ opened, params, askedUnits }: CaseRecord): bigint {
  const { cause, proposedUnits, priceUnits } = opened.value;
  if (priceUnits !== null) return proposedFine(priceUnits, params);
  if (offences.includes(cause)) return offenceFine(opened.value, params.cases);
  return askedUnits ?? proposedUnits;
}

/** Rewards are held whole, by the settlement after the case was opened (economics §6.7). */
function isForfeit({ opened }: CaseRecord): boolean {
  return opened.value.cause === 'forfeit';
}

function heldOf(record: CaseRecord): bigint {
  if (isForfeit(record)) return record.row.fineUnits;
  const { stakeUnits, leavingUnits } = record.opened.value;
  const takenUnits = record.sameDay.reduce((sum, { fineUnits }) => sum + fineUnits, 0n);
  const room = roomOf(record, { stakeUnits, leavingUnits, takenUnits });
  const proposed = proposedOf(record);
  if (proposed < room) return proposed;
  return room;
}

export function matterStep(record: CaseRecord): Step {
  const { opened, task } = record;
  if (task === null || opened.value.cause === 'falseVerdict') return otherMatterStep(record);
  const { receipt, height, transaction, index } = task;
  const source = `${transactionAt(height, transaction)}, receipt ${index}`;
  const priceUnits = opened.value.priceUnits ?? 0n;
  const isFree = priceUnits !== receipt.priceUnits;
  return {
    title: `Case ${opened.value.case}: an audit of miner ${receipt.miner} found that it did not serve what it claims`,
    clause: '§10.4, economics §6.3',
    facts: [
      { name: 'task', value: hex(receipt.taskId), source },
      {
        name: 'price',
        value: units(priceUnits),
        source: isFree ? 'by the tokens; the task was the network’s own' : source,
      },
      { name: 'verdict', value: opened.value.cause, source: opened.at },
    ],
    table: revealsOf(record),
  };
}

function revealsOf({ reveals }: CaseRecord): Step['table'] {
  if (reveals.length === 0) return null;
  const rows = reveals.map(({ at, value, basis }) => [
    String(value.validator),
    at,
    ...numberCells(value.numbers, basis),
  ]);
  return { head: ['validator', 'revealed', ...numberHead], rows };
}

/** What cases are about that nobody sent in. */
const ownMatters: Readonly<Record<string, { readonly words: string; readonly clause: string; readonly of: string }>> = {
  forfeit: {
    words: 'a hard failure costs the epoch’s rewards of',
    clause: 'economics §6.7',
    of: 'task of the failure',
  },
  ejection: { words: 'the audits are evidence enough to eject', clause: 'economics §6.8', of: '' },
  falseVerdict: {
    words: 'others, or a plant, contradict what an audit was told by',
    clause: '§10.21, §10.27',
    of: 'audited task',
  },
};

function otherMatterStep(record: CaseRecord): Step {
  const { opened, askedUnits } = record;
  const own = ownMatters[opened.value.cause];
  if (own !== undefined) {
    const { kind, role, subject } = opened.value;
    const title = `Case ${opened.value.case}: ${own.words} ${kind} ${role}`;
    const facts = own.of === '' ? [] : [{ name: own.of, value: hex(subject), source: opened.at }];
    return { title, clause: own.clause, facts, table: revealsOf(record) };
  }
  const { cause, kind, role, subject } = opened.value;
  const who = opened.sender === null ? '-' : addressText(opened.sender);
  const isAsked = askedUnits !== null;
  return {
    title: isAsked
      ? `Case ${opened.value.case}: a member of the foundation asked for a fine of ${kind} ${role}`
      : `Case ${opened.value.case}: evidence against ${kind} ${role}: ${cause}`,
    clause: isAsked ? '§10.9' : '§7.4, economics §6.6',
    facts: [
      { name: isAsked ? 'asked by' : 'reported by', value: who, source: opened.at },
      { name: isAsked ? 'hash of the reason' : 'offence', value: hex(subject), source: opened.at },
    ],
    table: null,
  };
}

function proposalStep(record: CaseRecord): Step {
  const { opened, task, params, askedUnits } = record;
  const { cases, audit } = params;
  const source = 'parameters in force';
  const proposed = { name: 'fine before its caps', value: units(opened.value.proposedUnits) };
  const part = (name: string, ppb: number, path: string) => ({
    name,
    value: ratio(ppb),
    source: `params.${path}, ${source}`,
  });
  if (task !== null) {
    const facts = [
      part('gain of a cheat, of the price', cases.gainPpb, 'cases.gainPpb'),
      part('factor', cases.factorPpb, 'cases.factorPpb'),
      part('lowest audit rate', audit.floorPpb, 'audit.floorPpb'),
      part('detection', cases.detectionPpb, 'cases.detectionPpb'),
      { ...proposed, source: 'price × gain × factor ÷ (lowest audit rate × detection)' },
    ];
    return { title: 'The fine that makes cheating a loss', clause: 'economics §6.3', facts, table: null };
  }
  if (opened.value.cause === 'forfeit') {
    const facts = [{ name: 'rewards', value: units(record.row.fineUnits), source: 'the settlement of the epoch' }];
    return { title: 'What the epoch would have paid', clause: 'economics §6.7', facts, table: null };
  }
  if (opened.value.cause === 'ejection') {
    const facts = [
      part('taken when the evidence is hard', cases.ejectionSlashPpb, 'cases.ejectionSlashPpb'),
      part('given back when it is not', cases.ejectionReturnPpb, 'cases.ejectionReturnPpb'),
      { ...proposed, source: 'that part of the collateral' },
    ];
    return { title: 'The part of the collateral that ejection takes', clause: 'economics §6.8', facts, table: null };
  }
  if (askedUnits !== null) {
    const facts = [{ ...proposed, source: opened.at }];
    return { title: 'The fine that was asked for', clause: '§10.9', facts, table: null };
  }
  const facts = [
    part('part of the stake', cases.offencePpb, 'cases.offencePpb'),
    { ...proposed, source: 'that part of the stake and of what is leaving it' },
  ];
  return { title: 'The fine of a proven offence', clause: 'economics §6.6', facts, table: null };
}

export function capStep({ opened, params, sameDay: others }: CaseRecord, openedAt: ReadonlyMap<number, number>): Step {
  const { stakeUnits, leavingUnits, takenUnits, heldUnits, kind, role } = opened.value;
  const { incidentCapPpb, dailyCapPpb } = params.cases;
  const reachUnits = stakeUnits + leavingUnits;
  const dayRoomUnits = ((reachUnits + takenUnits) * BigInt(dailyCapPpb)) / PPB - takenUnits;
  const stake = `${kind} ${role} before ${opened.at}`;
  return {
    title: 'What one case and one day may take',
    clause: 'economics §6.4, economics §6.5',
    facts: [
      { name: 'stake', value: units(stakeUnits), source: stake },
      { name: 'leaving the stake', value: units(leavingUnits), source: stake },
      { name: 'held of it that day', value: units(takenUnits), source: `${others.length} other cases` },
      {
        name: 'room of one case',
        value: units((reachUnits * BigInt(incidentCapPpb)) / PPB),
        source: `${ratio(incidentCapPpb)} of stake and leaving, params.cases.incidentCapPpb`,
      },
      {
        name: 'room of the day',
        value: units(dayRoomUnits > 0n ? dayRoomUnits : 0n),
        source: `${ratio(dailyCapPpb)} of all three, less what was held, params.cases.dailyCapPpb`,
      },
      { name: 'held', value: units(heldUnits), source: 'the smallest of fine and rooms' },
    ],
    table:
      others.length === 0
        ? null
        : {
            head: ['case', 'opened', 'held'],
            rows: others.map(({ id, fineUnits }) => [String(id), `block ${openedAt.get(id) ?? '?'}`, units(fineUnits)]),
          },
  };
}

/** What the failures that froze penalties have in common (§10.8, §10.15). */
const commonWords = { model: '', payer: ', all for one payer', flaw: ', all by one flaw' } as const;

export function decisionStep({ opened, row, params, opinions, appeal, frozen, due, end, open }: CaseRecord): Step[] {
  const { foundationReview, foundation, foundationQuorum } = params.cases;
  const facts = [
    {
      name: 'who decides',
      value: foundationReview ? 'the foundation' : 'time, unless appealed',
      source: 'params.cases.foundationReview',
    },
    {
      name: 'must agree',
      value: `${foundationQuorum} of ${foundation.length}`,
      source: 'params.cases.foundationQuorum',
    },
    { name: 'until the end of', value: `epoch ${row.deadlineEpoch}`, source: opened.at },
  ];
  if (due !== null) {
    const value = `due at the end of epoch ${due.value.deadlineEpoch} unless appealed`;
    facts.push({ name: 'silence of the foundation', value, source: due.at });
  }
  if (frozen !== null) {
    const { failing, miners, model, shared } = frozen.value;
    const what = shared === 'model' ? `miners of model ${model}` : 'miners';
    const value = `${failing} of ${miners} ${what} failed${commonWords[shared]}`;
    facts.push({ name: 'frozen: the foundation decides', value, source: frozen.at });
  }
  if (appeal !== null) {
    facts.push({ name: 'appealed with a bond of', value: units(appeal.value.bondUnits), source: appeal.at });
  }
  if (open !== null) {
    const value = silenceWords({ ...open.row, silence: open.silence });
    facts.push({ name: 'still to come', value, source: 'state after the last block' });
  }
  if (end !== null) facts.push({ name: 'decided by', value: end.value.by, source: end.at });
  const rows = opinions.map(({ at, value }) => [addressText(value.member), value.isFine ? 'fine' : 'no fine', at]);
  const table = rows.length === 0 ? null : { head: ['member', 'says', 'in'], rows };
  return [{ title: 'Who decided', clause: '§10.6–§10.8, §10.15', facts, table }];
}

function endStep({ end, endParams, appeal }: CaseRecord, { against }: SlashResult): Step[] {
  if (end === null) return [];
  const bond = appeal === null ? [] : [{ name: 'bond of the appeal', value: units(appeal.value.bondUnits) }];
  if (end.value.type === 'caseDismissed') {
    const facts = [
      { name: `back to ${against}`, value: units(end.value.returnedUnits), source: end.at },
      ...bond.map((fact) => ({ ...fact, source: 'back to who appealed' })),
    ];
    return [{ title: 'Where it went', clause: 'economics §6.3, §10.7', facts, table: null }];
  }
  const { fineUnits, rewards, burnedUnits } = end.value;
  const facts = [
    { name: 'fine', value: units(fineUnits), source: 'what was held' },
    {
      name: 'part of the finders',
      value: ratio(endParams?.cases.rewardPpb ?? 0),
      source: 'params.cases.rewardPpb, divided equally',
    },
    ...bond.map((fact) => ({ ...fact, source: 'burned with the fine' })),
    { name: 'burned', value: units(burnedUnits), source: end.at },
  ];
  const rows = rewards.map((one) => [addressText(one.account), units(one.units)]);
  const table = rows.length === 0 ? null : { head: ['finder', 'units'], rows };
  return [{ title: 'Where it went', clause: 'economics §6.3, §10.7', facts, table }];
}

/** Who decides while a case is open, what silence does, and what the owner can do (§10.6.1, §10.7, §10.16). */
function wayOut({ open }: CaseRecord, { case: number, cause }: SlashResult): string {
  const outcome = cause === 'ejection' ? ' Dismissed, the miner gets its place back.' : '';
  if (open === null) return outcome;
  const words = silenceWords({ ...open.row, silence: open.silence });
  const next = `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
  if (open.row.status === 'review') return `${next}${outcome}`;
  return `${next} Its owner can have the foundation decide: \`assay case appeal ${number}\`.${outcome}`;
}

export function answerOf(record: CaseRecord, slash: SlashResult): string {
  const { end } = record;
  const { against } = slash;
  const held = units(BigInt(slash.heldUnits));
  const isSound =
    slash.proposedUnits === slash.recomputedProposedUnits && slash.heldUnits === slash.recomputedHeldUnits;
  const doubt = isSound ? '' : ' The fine does not follow from the numbers above.';
  if (end === null) {
    const open = `${held} units of ${against} are held; it is not decided yet whether they are taken.`;
    return `${open}${doubt} ${wayOut(record, slash)}`;
  }
  if (end.value.type === 'caseDismissed') {
    return `The case was dismissed, and ${units(end.value.returnedUnits)} units went back to ${against}.${doubt}`;
  }
  const rewarded = end.value.rewards.reduce((sum, one) => sum + one.units, 0n);
  const burned = units(end.value.burnedUnits);
  const where = `${units(rewarded)} went to those who found it out, ${burned} were burned`;
  return `${against} lost ${held} units: ${where}.${doubt}`;
}
