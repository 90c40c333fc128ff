import {
  type BlockResult,
  type LedgerView,
  type OpinionBasis,
  opinionBasis,
  type Silence,
  silenceOf,
  stakeOf,
} from '@assay/ledger';
import type { AuditNumbers, CaseRow, CaseStatus, LedgerEvent, MarkedEvent, Params, Ref } from '@assay/protocol';
import { fromHex, toHex } from '@assay/ssz';
import { bodyOf, certifiedIn, type ReceiptLocation } from './certified.ts';
import { transactionAt } from './explanation.ts';
import { type History, headOf, type Marked, type Replayed, replayBlocks, startUpTo } from './replay-blocks.ts';

export type Of<Type extends LedgerEvent['type']> = Extract<LedgerEvent, { type: Type }>;

/** Something that stands on the chain, and where: a block, or a transaction of it. */
export interface Stood<Value> {
  readonly at: string;
  readonly height: number;
  readonly value: Value;
  /** The transaction that caused it and who sent it; null when a block did. */
  readonly transaction: number | null;
  readonly sender: Uint8Array | null;
}

/** What one auditor revealed about a task. */
type Revealed = Stood<{ readonly validator: Ref<'validators'>; readonly numbers: AuditNumbers }>;

/** With what it was read against at the verdict. */
type Judged = Revealed & { readonly basis: OpinionBasis };

/** How an undecided case stands. */
export interface OpenRow {
  readonly row: Readonly<CaseRow>;
  readonly silence: Silence;
}

/** Everything the chain says about one case. */
export interface CaseRecord {
  readonly opened: Stood<Of<'caseOpened'>>;
  /** Its row after the block that opened it. */
  readonly row: Readonly<CaseRow>;
  /** The cases that the day before it counts against the same stake (economics §6.5). */
  readonly sameDay: readonly Readonly<CaseRow>[];
  /** The parameters in force when it was opened. */
  readonly params: Params;
  /** The task it is about, and what its auditors found; null and nothing for another matter. */
  readonly task: ReceiptLocation | null;
  readonly reveals: readonly Judged[];
  /** What the transaction asks for that opened it by hand; null for another cause. */
  readonly askedUnits: bigint | null;
  /** Whether the miner opened the seal of a plant in that audit (§10.25). */
  readonly isPlanted: boolean;
  /** Who owned the stake. */
  readonly owner: Uint8Array;
  readonly opinions: Stood<Of<'caseOpinion'>>[];
  /** Its row while it is not decided, after the last block, and what silence makes of it then. */
  open: OpenRow | null;
  due: Stood<Of<'caseDue'>> | null;
  appeal: Stood<Of<'caseAppealed'>> | null;
  frozen: Stood<Of<'penaltiesFrozen'>> | null;
  end: Stood<Of<'caseExecuted'> | Of<'caseDismissed'>> | null;
  /** The parameters in force when it ended. */
  endParams: Params | null;
}

/** A case, and what else there is. */
export interface FoundCase {
  readonly record: CaseRecord;
  /** Of the state from which it was replayed. */
  readonly startHeight: number;
  /** Height of the block that opened each case, by number. */
  readonly openedAt: ReadonlyMap<number, number>;
  /** The state after the last block. */
  readonly head: LedgerView;
}

/** Everything the chain says about a case: replayed from before its task, or before the block that opened it. */
export async function caseOf(
  history: History,
  number: Ref<'cases'>,
  options: { readonly fast: boolean },
): Promise<FoundCase | null> {
  const marks = await marksOf(history);
  const opened = marks.find(({ event }) => event.type === 'caseOpened' && event.case === number);
  if (opened?.event.type !== 'caseOpened') return null;
  const subject = fromHex(opened.event.subject);
  const certified = subject === null ? null : await history.spanOf(subject);
  const start = await startUpTo(history, Math.min(opened.height, certified?.height ?? opened.height) - 1);
  const startHeight = start.ledger.state.globals.height;
  const last = Math.max(...marks.filter(({ event }) => isAbout(event, number)).map(({ height }) => height));
  const book = new CaseBook(start.ledger.state.params, number);
  for await (const replayed of replayBlocks(history, { ...options, start })) {
    book.take(replayed);
    if (replayed.height >= last) break;
  }
  const { record } = book;
  if (record === null) return null;
  const head = (await headOf(history, options)).state;
  const row = record.end === null ? [...head.cases].find(({ id }) => id === number) : undefined;
  if (row !== undefined) record.open = { row, silence: silenceOf(head, row) };
  const openings = marks.flatMap(({ event, height }) =>
    event.type === 'caseOpened' ? [[event.case, height] as const] : [],
  );
  return { record, startHeight, openedAt: new Map(openings), head };
}

const caseEvents = [
  'caseOpened',
  'caseOpinion',
  'caseDue',
  'caseAppealed',
  'penaltiesFrozen',
  'caseExecuted',
  'caseDismissed',
] as const satisfies readonly MarkedEvent[];
type CaseMark = Marked<(typeof caseEvents)[number]>;

async function marksOf(history: History): Promise<CaseMark[]> {
  const lists: readonly (readonly CaseMark[])[] = await Promise.all(caseEvents.map((type) => history.marked(type)));
  return lists.flat();
}

const isAbout = (event: CaseMark['event'], number: Ref<'cases'>): boolean =>
  event.type === 'penaltiesFrozen' ? event.cases.includes(number) : event.case === number;

/** A case, and where it stands. */
export interface CaseStanding {
  readonly height: number;
  readonly opened: Marked<'caseOpened'>['event'];
  readonly status: CaseStatus;
  /** Who owns the stake; null where nobody does any more. */
  readonly owner: Uint8Array | null;
  /** While it is not decided. */
  readonly open: OpenRow | null;
}

/** Every case of a chain, in the order of their numbers; those that are open as the state after its last block says. */
export async function casesOf(history: History, options: { readonly fast: boolean }): Promise<CaseStanding[]> {
  const ended = new Map<number, CaseStatus>();
  for (const { event } of await history.marked('caseExecuted')) ended.set(event.case, 'executed');
  for (const { event } of await history.marked('caseDismissed')) ended.set(event.case, 'dismissed');
  const opened = await history.marked('caseOpened');
  if (opened.length === 0) return [];
  const { state } = await headOf(history, options);
  const rows = new Map([...state.cases].map((row) => [row.id, row]));
  return opened.map(({ height, event }) => {
    const row = rows.get(event.case);
    const end = ended.get(event.case);
    const open = end !== undefined || row === undefined ? null : { row, silence: silenceOf(state, row) };
    const owner = stakeOf(state, event.kind, event.role)?.owner ?? null;
    return { height, opened: event, status: end ?? row?.status ?? 'pending', owner, open };
  });
}

/** What blocks say of one case. */
class CaseBook {
  record: CaseRecord | null = null;
  readonly #number: Ref<'cases'>;
  /** Of the tasks that are not decided. */
  readonly #tasks = new Map<string, ReceiptLocation>();
  readonly #reveals = new Map<string, Revealed[]>();
  /** Those in force in the block to come: they change with the end of a block. */
  #params: Params;

  constructor(params: Params, number: Ref<'cases'>) {
    this.#params = params;
    this.#number = number;
  }

  take(replayed: Replayed): void {
    const { block, result, ledger } = replayed;
    for (const location of certifiedIn(block, result)) this.#tasks.set(toHex(location.receipt.taskId), location);
    for (const stood of stoodIn(replayed)) this.#take(stood, replayed);
    this.#params = ledger.state.params;
  }

  #take(stood: Stood<LedgerEvent>, replayed: Replayed): void {
    const { value } = stood;
    if (value.type === 'auditRevealed') this.#revealed(toHex(value.taskId), { ...stood, value });
    if (value.type === 'taskApproved') this.#forget(value.taskId);
    if (value.type === 'caseOpened') {
      if (value.case === this.#number) this.#open({ ...stood, value }, replayed);
      this.#forget(value.subject);
    }
    if (value.type === 'penaltiesFrozen' && value.cases.includes(this.#number)) {
      this.#update({ frozen: { ...stood, value } });
    }
    if (!('case' in value) || value.case !== this.#number) return;
    if (value.type === 'caseOpinion') this.record?.opinions.push({ ...stood, value });
    if (value.type === 'caseDue') this.#update({ due: { ...stood, value } });
    if (value.type === 'caseAppealed') this.#update({ appeal: { ...stood, value } });
    if (value.type === 'caseExecuted' || value.type === 'caseDismissed') {
      this.#update({ end: { ...stood, value }, endParams: this.#params });
    }
  }

  #revealed(task: string, reveal: Revealed): void {
    this.#reveals.set(task, [...(this.#reveals.get(task) ?? []), reveal]);
  }

  #open(opened: Stood<Of<'caseOpened'>>, { block, ledger, result }: Replayed): void {
    const { subject, case: number, kind, role } = opened.value;
    const asked = opened.transaction === null ? null : bodyOf(block, opened.transaction, 'openCase');
    const row = [...ledger.state.cases].find(({ id }) => id === number);
    if (row === undefined) throw new RangeError(`case ${number} was opened, and is not there`);
    const task = this.#tasks.get(toHex(subject)) ?? null;
    const audit = ledger.state.audits.get(ledger.state.auditOf(subject) ?? -1);
    this.record = {
      opened,
      row,
      sameDay: sameDay(ledger.state, row, { events: result.events, dayMs: this.#params.rewards.dayMs }),
      task,
      params: this.#params,
      reveals: task === null ? [] : judged(ledger.state, task, this.#reveals.get(toHex(subject)) ?? []),
      askedUnits: asked?.amountUnits ?? null,
      isPlanted: audit?.isPlanted ?? false,
      owner: stakeOf(ledger.state, kind, role)?.owner ?? new Uint8Array(20),
      opinions: [],
      open: null,
      due: null,
      appeal: null,
      frozen: null,
      end: null,
      endParams: null,
    };
  }

  #update(change: Partial<CaseRecord>): void {
    if (this.record !== null) Object.assign(this.record, change);
  }

  #forget(taskId: Uint8Array): void {
    this.#tasks.delete(toHex(taskId));
    this.#reveals.delete(toHex(taskId));
  }
}

/** The events of a block with where they stand: those of its transactions first. */
function stoodIn({ height, result }: Replayed): Stood<LedgerEvent>[] {
  const causes = result.transactions.flatMap(({ events, sender }, index) =>
    events.map(() => ({ at: transactionAt(height, index), transaction: index, sender })),
  );
  const block = { at: `block ${height}`, transaction: null, sender: null };
  return result.events.map((value, i) => ({ height, value, ...(causes[i] ?? block) }));
}

/** Cases dismissed by then count no more; one that was dismissed later in the block still did. */
function sameDay(
  state: LedgerView,
  row: Readonly<CaseRow>,
  { events, dayMs }: Pick<BlockResult, 'events'> & { readonly dayMs: number },
): Readonly<CaseRow>[] {
  const since = row.openedMs - dayMs;
  const opening = events.findIndex((event) => event.type === 'caseOpened' && event.case === row.id);
  const dismissedAfter = events.slice(opening).flatMap((one) => (one.type === 'caseDismissed' ? [one.case] : []));
  return [...state.cases].filter(({ id, kind, role, openedMs, status, cause }) => {
    const isSame = kind === row.kind && role === row.role;
    const isEarlier = id < row.id && openedMs > since;
    const isDismissed = status === 'dismissed' && !dismissedAfter.includes(id);
    return isSame && isEarlier && !isDismissed && cause !== 'forfeit';
  });
}

/** Where a case stands; time that has run out and is not yet in a block changes nothing. */
export function statusOf({ end, open, row }: CaseRecord): CaseStatus {
  if (end !== null) return end.value.type === 'caseExecuted' ? 'executed' : 'dismissed';
  return open?.row.status ?? row.status;
}

function judged(state: LedgerView, { receipt }: ReceiptLocation, reveals: readonly Revealed[]): Judged[] {
  const audit = state.audits.get(state.auditOf(receipt.taskId) ?? -1) ?? null;
  return reveals.map((each) => ({ ...each, basis: opinionBasis(state, audit, receipt, each.value.numbers) }));
}
