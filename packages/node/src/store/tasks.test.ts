import { type BlockResult, lateEvent } from '@assay/ledger';
import {
  type AuditRow,
  AuditRow as AuditRowType,
  Block,
  CertifiedBatch,
  type LedgerEvent,
  Receipt,
  type RevenueParts,
  TaskRow,
  Transaction,
  type TransitionRow,
  TransitionRow as TransitionRowType,
} from '@assay/protocol';
import { sha256, toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { type TaskRecord, taskChanges } from './tasks.ts';

const idOf = (n: number) => sha256(Uint8Array.of(n));
const receiptOf = (n: number): Receipt => ({ ...Receipt.defaultValue(), taskId: idOf(n), tokensOut: n });

const parts: RevenueParts = {
  burnUnits: 0n,
  processorsUnits: 0n,
  creatorsUnits: 0n,
  validatorsUnits: 0n,
  domainUnits: 0n,
  minersUnits: 0n,
};

/** A block with a batch of one receipt, then one of two. */
function blockOf(height: number): Block {
  const batches = [[1], [2, 3]].map((tasks) => {
    const transaction = Transaction.defaultValue();
    const value = { ...CertifiedBatch.defaultValue(), receipts: tasks.map(receiptOf) };
    transaction.content.body = { kind: 'certifiedBatch', value };
    return Transaction.serialize(transaction);
  });
  const block = Block.defaultValue();
  return { ...block, header: { ...block.header, height, timeMs: height * 1000 }, transactions: batches };
}

/** Leads records over blocks the way the store does. */
class Records {
  readonly byId = new Map<string, TaskRecord>();
  readonly rows = new Map<string, TaskRow>();
  readonly audits = new Map<string, AuditRow>();
  readonly late: TransitionRow[] = [];
  orders: number[] = [];

  apply(height: number, events: LedgerEvent[]) {
    const result: BlockResult = { height, stateRoot: new Uint8Array(32), transactions: [], events };
    const { changed, added } = taskChanges({
      block: blockOf(height),
      result,
      rows: {
        taskOf: (id) => this.rows.get(toHex(id)) ?? null,
        auditOf: (id) => this.audits.get(toHex(id)) ?? null,
        transitionsOf: (id) => this.late.filter(({ taskId }) => toHex(taskId) === toHex(id)),
      },
      recordOf: (id) => this.byId.get(toHex(id)) ?? null,
      nextOrder: this.orders.length + 1,
      isWhole: true,
    });
    for (const [id, record] of changed) this.byId.set(id, record);
    this.orders.push(...added.map(({ order }) => order));
  }
  get = (n: number) => this.byId.get(toHex(idOf(n)));
}
const certified = (n: number, transaction: number, receipt: number): LedgerEvent => ({
  type: 'taskCertified',
  taskId: idOf(n),
  transaction,
  receipt,
  mixer: 0,
});

describe('task records', () => {
  it('find each receipt in its batch and number the tasks as they were certified', () => {
    const records = new Records();
    for (const n of [1, 2, 3]) records.rows.set(toHex(idOf(n)), { ...TaskRow.defaultValue(), height: 7 });
    records.apply(7, [certified(1, 0, 0), certified(2, 1, 0), certified(3, 1, 1)]);
    expect(records.orders).toEqual([1, 2, 3]);
    expect(records.get(3)).toMatchObject({
      order: 3,
      transaction: 1,
      index: 1,
      timeMs: 7000,
      audit: null,
      paidEpoch: null,
    });
    expect([1, 2, 3].map((n) => records.get(n)?.receipt.tokensOut)).toEqual([1, 2, 3]);
  });

  it('follow a task to its end, and keep task and audit after the ledger has dropped them', () => {
    const records = new Records();
    const id = toHex(idOf(1));
    const taskId = idOf(1);
    records.rows.set(id, { ...TaskRow.defaultValue(), height: 7, pendingUnits: 9n });
    records.apply(7, [certified(1, 0, 0)]);
    records.audits.set(id, { ...AuditRowType.defaultValue(), taskId, drawnHeight: 9 });
    records.apply(9, [{ type: 'auditDrawn', taskId, auditors: [1] }]);
    records.rows.set(id, { ...TaskRow.defaultValue(), height: 7, status: 'settled' });
    records.apply(20, [
      { type: 'taskApproved', taskId, audited: true },
      { type: 'taskPaid', taskId, epoch: 2, parts },
    ]);
    records.rows.clear();
    records.audits.clear();
    records.apply(21, [{ type: 'auditorMissed', taskId, validator: 1 }]);
    const record = records.get(1);
    expect(record).toMatchObject({ paidEpoch: 2, refundedUnits: 0n, audit: { drawnHeight: 9 } });
    expect(record?.row.status).toBe('settled');
    expect(record?.history.map(({ height, event }) => `${height} ${event.type}`)).toEqual([
      '7 taskCertified',
      '9 auditDrawn',
      '20 taskApproved',
      '20 taskPaid',
      '21 auditorMissed',
    ]);
  });

  it('begin with the late steps before the certificate, and go on with those after it', () => {
    const records = new Records();
    const late = (attempt: number, height: number) => {
      const row = { ...TransitionRowType.defaultValue(), taskId: idOf(1), step: 'start' as const, attempt, height };
      records.late.push(row);
      return lateEvent(row);
    };
    records.apply(5, [late(0, 5)]);
    expect(records.get(1)).toBeUndefined();
    records.rows.set(toHex(idOf(1)), { ...TaskRow.defaultValue(), height: 7 });
    records.apply(7, [late(1, 7), certified(1, 0, 0), late(2, 7)]);
    records.apply(8, [late(3, 8)]);
    const seen = records
      .get(1)
      ?.history.map(({ height, event }) => [height, event.type, 'attempt' in event && event.attempt]);
    expect(seen).toEqual([
      [5, 'taskLate', 0],
      [7, 'taskLate', 1],
      [7, 'taskLate', 2],
      [7, 'taskCertified', false],
      [8, 'taskLate', 3],
    ]);
  });

  it('say what was refunded', () => {
    const records = new Records();
    records.rows.set(toHex(idOf(2)), TaskRow.defaultValue());
    records.apply(1, [
      certified(2, 1, 0),
      { type: 'taskRejected', taskId: idOf(2), reason: 'hard', refundedUnits: 12n },
    ]);
    expect(records.get(2)).toMatchObject({ refundedUnits: 12n, paidEpoch: null });
  });

  it('are none of challenges, which a block may judge and forget (§8.6)', () => {
    const records = new Records();
    records.rows.set(toHex(idOf(3)), TaskRow.defaultValue());
    const about = { taskId: idOf(3), miner: 0, mixer: 0 };
    records.apply(1, [{ type: 'challengeDisputed', ...about, knownTaskId: idOf(1) }]);
    records.rows.clear();
    records.apply(2, [
      { type: 'auditorMissed', taskId: idOf(3), validator: 0 },
      { type: 'challengeJudged', ...about, verdict: 'noResult' },
    ]);
    expect(records.byId.size).toBe(0);
  });

  it('take an event about a task nobody certified for what it is: a damaged chain', () => {
    expect(() => new Records().apply(1, [{ type: 'taskPaid', taskId: idOf(1), epoch: 0, parts }])).toThrow(
      /no block certified/,
    );
  });
});
