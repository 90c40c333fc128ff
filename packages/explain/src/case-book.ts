import {
  Ledger,
  type LedgerView,
  type OpinionBasis,
  opinionBasis,
  type Silence,
  silenceOf,
  stakeOf,
} from '@assay/ledger';
import type { AuditNumbers, CaseRow, LedgerEvent, Params, Ref } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { bodyOf, certifiedIn, type ReceiptLocation } from './certified.ts';
import { transactionAt } from './explanation.ts';
import { type History, type Replayed, replayBlocks } from './replay-blocks.ts';

export type Of<Type extends LedgerEvent['type']> = Extract<LedgerEvent, { type: Type }>;

/** Something that stands on the chain, and where: a block, or a transaction of it. */
export interface Stood<Value> {
  readonly at: string;
  readonly height: number;
  /** Its index among all that happened. */
  readonly order: number;
  readonly value: Value;
  /** The transaction that caused it and who sent it; null when a block did. */
  readonly transaction: number | null;
  readonly sender: Uint8Array | null;
}

/** What one auditor revealed about a task. */
type Revealed = Stood<{ readonly validator: Ref<'validators'>; readonly numbers: AuditNumbers }>;

/** With what it was read against at the verdict. */
type Judged = Revealed & { readonly basis: OpinionBasis };

/** Everything the chain says about one case. */
export interface CaseRecord {
  readonly opened: Stood<Of<'caseOpened'>>;
  /** Its row after the block that opened it. */
  readonly row: Readonly<CaseRow>;
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
  open: { readonly row: Readonly<CaseRow>; readonly silence: Silence } | null;
  due: Stood<Of<'caseDue'>> | null;
  appeal: Stood<Of<'caseAppealed'>> | null;
  frozen: Stood<Of<'penaltiesFrozen'>> | null;
  end: Stood<Of<'caseExecuted'> | Of<'caseDismissed'>> | null;
  /** The parameters in force when it ended. */
  endParams: Params | null;
}

/** Every case of a chain, in the order of their numbers. */
export async function casesOf(history: History, options: { readonly fast: boolean }): Promise<CaseRecord[]> {
  const book = new CaseBook(Ledger.fromGenesis(history.genesis).state.params);
  for await (const replayed of replayBlocks(history, options)) book.take(replayed);
  book.end();
  return book.cases;
}

class CaseBook {
  readonly cases: CaseRecord[] = [];
  readonly #byNumber = new Map<Ref<'cases'>, CaseRecord>();
  /** Of the tasks that are not decided. */
  readonly #tasks = new Map<string, ReceiptLocation>();
  readonly #reveals = new Map<string, Revealed[]>();
  /** Those in force in the block to come: they change with the end of a block. */
  #params: Params;
  #order = 0;
  #last: LedgerView | null = null;

  constructor(params: Params) {
    this.#params = params;
  }

  take(replayed: Replayed): void {
    const { block, result, ledger } = replayed;
    for (const location of certifiedIn(block, result)) this.#tasks.set(toHex(location.receipt.taskId), location);
    for (const stood of stoodIn(replayed, this.#order)) this.#take(stood, replayed);
    this.#order += result.events.length;
    this.#params = ledger.state.params;
    this.#last = ledger.state;
  }

  /** After the last block: how the undecided ones stand. */
  end(): void {
    const state = this.#last;
    for (const row of state?.cases ?? []) {
      const record = this.#byNumber.get(row.id);
      if (state === null || record === undefined || record.end !== null) continue;
      record.open = { row, silence: silenceOf(state, row) };
    }
  }

  #take(stood: Stood<LedgerEvent>, replayed: Replayed): void {
    const { value } = stood;
    if (value.type === 'auditRevealed') this.#revealed(toHex(value.taskId), { ...stood, value });
    if (value.type === 'caseOpened') this.#open({ ...stood, value }, replayed);
    if (value.type === 'taskApproved') this.#forget(value.taskId);
    if (value.type === 'penaltiesFrozen') {
      for (const number of value.cases) this.#update(number, { frozen: { ...stood, value } });
    }
    if (value.type === 'caseOpinion') this.#byNumber.get(value.case)?.opinions.push({ ...stood, value });
    if (value.type === 'caseDue') this.#update(value.case, { due: { ...stood, value } });
    if (value.type === 'caseAppealed') this.#update(value.case, { appeal: { ...stood, value } });
    if (value.type === 'caseExecuted' || value.type === 'caseDismissed') {
      this.#update(value.case, { end: { ...stood, value }, endParams: this.#params });
    }
  }

  #revealed(task: string, reveal: Revealed): void {
    this.#reveals.set(task, [...(this.#reveals.get(task) ?? []), reveal]);
  }

  #open(opened: Stood<Of<'caseOpened'>>, { block, ledger }: Replayed): void {
    const { subject, case: number, kind, role } = opened.value;
    const asked = opened.transaction === null ? null : bodyOf(block, opened.transaction, 'openCase');
    const row = [...ledger.state.cases].find(({ id }) => id === number);
    if (row === undefined) throw new RangeError(`case ${number} was opened, and is not there`);
    const task = this.#tasks.get(toHex(subject)) ?? null;
    const audit = ledger.state.audits.get(ledger.state.auditOf(subject) ?? -1);
    const record: CaseRecord = {
      opened,
      row,
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
    this.cases.push(record);
    this.#byNumber.set(number, record);
    this.#forget(subject);
  }

  #update(number: number, change: Partial<CaseRecord>): void {
    const record = this.#byNumber.get(number);
    if (record !== undefined) Object.assign(record, change);
  }

  #forget(taskId: Uint8Array): void {
    this.#tasks.delete(toHex(taskId));
    this.#reveals.delete(toHex(taskId));
  }
}

/** The events of a block with where they stand: those of its transactions first. */
function stoodIn({ height, result }: Replayed, order: number): Stood<LedgerEvent>[] {
  const causes = result.transactions.flatMap(({ events, sender }, index) =>
    events.map(() => ({ at: transactionAt(height, index), transaction: index, sender })),
  );
  const block = { at: `block ${height}`, transaction: null, sender: null };
  return result.events.map((value, i) => ({ height, order: order + i, value, ...(causes[i] ?? block) }));
}

/** Where a case stands; time that has run out and is not yet in a block changes nothing. */
export function statusOf({ end, open, row }: CaseRecord): CaseRow['status'] {
  if (end !== null) return end.value.type === 'caseExecuted' ? 'executed' : 'dismissed';
  return open?.row.status ?? row.status;
}

function judged(state: LedgerView, { receipt }: ReceiptLocation, reveals: readonly Revealed[]): Judged[] {
  const audit = state.audits.get(state.auditOf(receipt.taskId) ?? -1) ?? null;
  return reveals.map((each) => ({ ...each, basis: opinionBasis(state, audit, receipt, each.value.numbers) }));
}
