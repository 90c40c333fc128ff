import { type BlockResult, lateEvent } from '@assay/ledger';
import {
  AuditRow,
  type Block,
  Count,
  Height,
  type LedgerEvent,
  ledgerEventShape,
  Receipt,
  TaskRow,
  TimeMs,
  Transaction,
  type TransitionRow,
  Units,
} from '@assay/protocol';
import { list, orNull, type Shaped, toHex, U32 } from '@assay/ssz';

type TaskEvent = Extract<LedgerEvent, { readonly taskId: Uint8Array }>;

/** What the ledger holds of a task after a block; null once it has pruned it. */
export interface LedgerRows {
  taskOf(taskId: Uint8Array): TaskRow | null;
  auditOf(taskId: Uint8Array): AuditRow | null;
  /** Its late steps, in the order they were recorded in. */
  transitionsOf(taskId: Uint8Array): readonly TransitionRow[];
}

/** A certified task, as the blocks tell it. */
export const taskRecordShape = {
  /** Number in the order of certification, from 1. */
  order: Count,
  receipt: Receipt,
  /** Time of the block that certified it. */
  timeMs: TimeMs,
  /** Where the receipt stands in the block of `row.height`: the transaction, and the receipt in its batch. */
  transaction: U32,
  index: U32,
  /** Task and audit as the ledger held them last; kept here after the ledger has pruned them. */
  row: TaskRow,
  /** Null when no audit was drawn. */
  audit: orNull(AuditRow),
  refundedUnits: Units,
  /** The epoch that paid it; null until then, and for ever when it was rejected. */
  paidEpoch: orNull(U32),
  history: list({ height: Height, event: ledgerEventShape }),
};
export type TaskRecord = Shaped<typeof taskRecordShape>;

/** What a block does to the task records, in the order of certification. */
export interface TaskChanges {
  readonly changed: ReadonlyMap<string, TaskRecord>;
  readonly added: readonly TaskRecord[];
}

export interface TaskChangeInput {
  readonly block: Block;
  readonly result: BlockResult;
  readonly rows: LedgerRows;
  /** The record before the block; null for an unknown task. */
  readonly recordOf: (taskId: Uint8Array) => TaskRecord | null;
  /** The order the next certified task gets. */
  readonly nextOrder: number;
  /** Whether the blocks before are all there; otherwise there are tasks that no record tells of. */
  readonly isWhole: boolean;
}

/** Leads the task records over one block. */
export function taskChanges({ block, result, rows, recordOf, nextOrder, isWhole }: TaskChangeInput): TaskChanges {
  const changed = new Map<string, TaskRecord>();
  const certified: string[] = [];
  const receiptsOf = batchReader(block);
  // A challenge has no record, and may be forgotten in the block that judges it.
  const judged = new Set(result.events.map((event) => (event.type === 'challengeJudged' ? toHex(event.taskId) : '')));
  for (const event of result.events) {
    if (!('taskId' in event) || judged.has(toHex(event.taskId))) continue;
    // Late steps mostly come before the certificate; then its record begins with them.
    if (event.type === 'taskLate' && recordOf(event.taskId) === null) continue;
    const id = toHex(event.taskId);
    const before = changed.get(id) ?? (event.type === 'taskCertified' ? null : recordOf(event.taskId));
    const row = rows.taskOf(event.taskId) ?? before?.row;
    if (row === undefined && !isWhole) continue;
    if (row === undefined)
      throw new Error(`the ledger reports ${event.type} of the task ${id}, which no block certified`);
    if (event.type === 'taskCertified') {
      const receipt = receiptsOf(event.transaction)[event.receipt] as Receipt;
      const late = rows.transitionsOf(event.taskId);
      const known = { receipt, row, order: nextOrder + certified.length, timeMs: block.header.timeMs };
      changed.set(id, newRecord({ event, late, ...known }));
      certified.push(id);
    } else if (before !== null) {
      const history = [...before.history, { height: block.header.height, event }];
      const audit = rows.auditOf(event.taskId) ?? before.audit;
      changed.set(id, { ...before, ...outcomeOf(event), row, audit, history });
    }
  }
  return { changed, added: certified.flatMap((id) => changed.get(id) ?? []) };
}

function newRecord({
  event,
  late,
  ...known
}: Pick<TaskRecord, 'receipt' | 'row' | 'order' | 'timeMs'> & {
  event: Extract<TaskEvent, { type: 'taskCertified' }>;
  late: readonly TransitionRow[];
}): TaskRecord {
  return {
    ...known,
    transaction: event.transaction,
    index: event.receipt,
    audit: null,
    refundedUnits: 0n,
    paidEpoch: null,
    history: [
      ...late.map((row) => ({ height: row.height, event: lateEvent(row) })),
      { height: known.row.height, event },
    ],
  };
}

function outcomeOf(event: TaskEvent): Partial<TaskRecord> {
  if (event.type === 'taskRejected') return { refundedUnits: event.refundedUnits };
  return event.type === 'taskPaid' ? { paidEpoch: event.epoch } : {};
}

/** Decodes each batch of a block once. */
function batchReader(block: Block): (transaction: number) => readonly Receipt[] {
  const batches = new Map<number, readonly Receipt[]>();
  return (transaction) => {
    const known = batches.get(transaction);
    if (known !== undefined) return known;
    const { body } = Transaction.deserialize(block.transactions[transaction] as Uint8Array).content;
    const receipts = 'receipts' in body.value ? body.value.receipts : [];
    batches.set(transaction, receipts);
    return receipts;
  };
}
