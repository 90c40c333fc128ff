import type { ModelRow, Pool, RevenueParts, TaskRow } from '@assay/protocol';
import { apportion } from '../arithmetic/apportion.ts';
import { ALL_BPS } from '../arithmetic/integers.ts';
import { invariant, itemAt } from '../arithmetic/invariant.ts';
import { type Steps, WRITE } from '../arithmetic/pace.ts';
import { type Splits, splitsOf, termsAt } from '../stake/domains.ts';
import type { ClosedBooks } from '../state/books.ts';
import { endingPeriod } from '../state/period.ts';
import { isActive } from '../state/roles.ts';
import type { IndexOf } from '../state/state-tables.ts';
import { Burns } from './burns.ts';
import { type PayoutBook, shareOut } from './payouts.ts';
import type { Work } from './work.ts';

/** What the approved tasks of an epoch brought. */
export interface Revenue {
  readonly revenueUnits: bigint;
  readonly burnedUnits: bigint;
  /** What tasks burned in the reward period so far. */
  readonly burns: Burns;
  /** The validators' share of all tasks, and who got it. */
  readonly pool: Pool;
}

/** Divides a price by the splits of its domain and the royalty of its model (economics §2.1). */
export function revenueParts(priceUnits: bigint, splits: Splits, model: Pick<ModelRow, 'royaltyBps'>): RevenueParts {
  const { burnBps, processorsBps, validatorsBps, domainBps } = splits;
  const named = [burnBps, processorsBps, model.royaltyBps, validatorsBps, domainBps];
  const minersBps = named.reduce((left, bps) => left - bps, ALL_BPS);
  const [
    burnUnits = 0n,
    processorsUnits = 0n,
    creatorsUnits = 0n,
    validatorsUnits = 0n,
    domainUnits = 0n,
    minersUnits = 0n,
  ] = apportion(priceUnits, [...named, minersBps].map(BigInt));
  return { burnUnits, processorsUnits, creatorsUnits, validatorsUnits, domainUnits, minersUnits };
}

/** Takes what is pending for approved tasks and says to whom it goes (economics §2.1). */
export function* payRevenue(work: Work, book: PayoutBook): Steps<Revenue> {
  const { books, pace } = work;
  let revenueUnits = 0n;
  let burnedUnits = 0n;
  const burns = new Burns(books.burns);
  let validatorsUnits = 0n;
  for (let index = 0; index < books.tasks.length; index++) {
    const task = books.tasks.at(index);
    if (task.status !== 'approved') continue;
    const model = books.models.at(task.model);
    const terms = termsAt(books.domains.at(model.domain), books.globals.epoch);
    const parts = revenueParts(task.pendingUnits, splitsOf(terms, books.params.domains, model.royaltyBps), model);
    addTask(books, task, parts, book);
    take(work, index, parts);
    revenueUnits += task.pendingUnits;
    burnedUnits += parts.burnUnits;
    burns.add({ ...task, domain: model.domain }, parts.burnUnits);
    validatorsUnits += parts.validatorsUnits;
    if (pace.isSpent(WRITE)) yield;
  }
  if (endingPeriod(books) === null) yield* burns.keep(work);
  return { revenueUnits, burnedUnits, burns, pool: addValidators(books, validatorsUnits, book) };
}

/** Settles a task: what was pending is burned, or on its way. */
function take({ books, write }: Work, index: IndexOf<'tasks'>, parts: RevenueParts): void {
  const { pendingUnits, taskId } = books.tasks.at(index);
  write((state, events) => {
    // The task has moved up when others were forgotten meanwhile (§2.5); what is to be paid is not.
    const now = state.taskOf(taskId);
    invariant(now !== undefined, `task ${index} of the books is forgotten before it is settled`);
    state.tasks.update(now, { status: 'settled', pendingUnits: 0n });
    const { burnedUnits, settlingUnits } = state.globals;
    state.setGlobals({
      burnedUnits: burnedUnits + parts.burnUnits,
      settlingUnits: settlingUnits + pendingUnits - parts.burnUnits,
    });
    events.push({ type: 'taskPaid', taskId, epoch: books.globals.epoch, parts });
  });
}

function addTask(books: ClosedBooks, task: Readonly<TaskRow>, parts: RevenueParts, book: PayoutBook): void {
  const model = books.models.at(task.model);
  const gateway = books.gateways.at(task.gateway).account;
  const domain = books.domains.at(model.domain).owner;
  const source = 'revenue';
  book.add({
    source,
    stack: 'gateways',
    kind: 'gateway',
    role: task.gateway,
    account: gateway,
    units: parts.processorsUnits,
  });
  book.addModel(source, task.model, parts.creatorsUnits);
  book.add({ source, stack: 'domain', kind: 'domain', role: model.domain, account: domain, units: parts.domainUnits });
  book.addMiner(books, { source, stack: 'miners' }, task.miner, parts.minersUnits);
}

/**
 * Validators share by audits done this reward period; by the stake of the active ones when none was; equally among
 * these without stakes, and among all when none is active (economics §2.2).
 */
function addValidators({ validators }: ClosedBooks, units: bigint, book: PayoutBook): Pool {
  const rows = [...validators];
  const active = rows.map((row) => (isActive(row) ? 1n : 0n));
  const stakes = rows.map((row, index) => row.stakeUnits * itemAt(active, index));
  const measures = [rows.map((row) => BigInt(row.epochDuties)), stakes, active, rows.map(() => 1n)];
  const weights = measures.find((measure) => measure.some((weight) => weight > 0n)) ?? [];
  const reason = { source: 'revenue', stack: 'validators', kind: 'validator' } as const;
  const pool = shareOut(reason, units, { weights });
  for (const share of pool.shares) {
    book.add({ ...reason, role: share.role, account: validators.at(share.role).account, units: share.units });
  }
  return pool;
}
