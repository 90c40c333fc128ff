import { type DomainRow, type ModelRow, type TaskRow, taskStatuses } from '@assay/protocol';
import { apportion } from '../apportion.ts';
import type { LedgerEvent, Pool, RevenueParts } from '../result.ts';
import type { LedgerState } from '../state.ts';
import { type PayoutBook, shareOut } from './payouts.ts';

const ALL_BPS = 10_000;

/** What the approved tasks of an epoch brought. */
export interface Revenue {
  readonly revenueUnits: bigint;
  readonly burnedUnits: bigint;
  /** The validators' share of all tasks, and who got it. */
  readonly pool: Pool;
  readonly events: readonly LedgerEvent[];
}

/** Divides a price by the splits of its domain and the royalty of its model (economics §2.1). */
export function revenueParts(
  priceUnits: bigint,
  domain: Pick<DomainRow, 'burnBps' | 'processorsBps' | 'validatorsBps' | 'domainBps'>,
  model: Pick<ModelRow, 'royaltyBps'>,
): RevenueParts {
  const { burnBps, processorsBps, validatorsBps, domainBps } = domain;
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

/** Pays out what is pending for approved tasks (economics §2.1). */
export function payRevenue(state: LedgerState, book: PayoutBook): Revenue {
  const events: LedgerEvent[] = [];
  let revenueUnits = 0n;
  let burnedUnits = 0n;
  let validatorsUnits = 0n;
  for (let index = 0; index < state.tasks.length; index++) {
    const task = state.tasks.at(index);
    if (task.status !== taskStatuses.approved) continue;
    const model = state.models.at(task.model);
    const parts = revenueParts(task.pendingUnits, state.domains.at(model.domain), model);
    payTask(state, task, parts, book);
    state.tasks.update(index, { status: taskStatuses.settled, pendingUnits: 0n });
    revenueUnits += task.pendingUnits;
    burnedUnits += parts.burnUnits;
    validatorsUnits += parts.validatorsUnits;
    events.push({ type: 'taskPaid', taskId: task.taskId, epoch: state.globals.epoch, parts });
  }
  state.setGlobals({ burnedUnits: state.globals.burnedUnits + burnedUnits });
  return { revenueUnits, burnedUnits, pool: payValidators(state, validatorsUnits, book), events };
}

function payTask(state: LedgerState, task: Readonly<TaskRow>, parts: RevenueParts, book: PayoutBook): void {
  const model = state.models.at(task.model);
  const gateway = state.gateways.at(task.gateway).account;
  const domain = state.domains.at(model.domain).owner;
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
  book.addMiner(state, source, task.miner, parts.minersUnits);
}

/**
 * Validators share by audits done this epoch; by stake when none was; equally without stakes. Without any: the
 * treasury.
 */
function payValidators(state: LedgerState, units: bigint, book: PayoutBook): Pool {
  const rows = [...state.validators];
  const measures = [rows.map((row) => BigInt(row.epochDuties)), rows.map((row) => row.stakeUnits), rows.map(() => 1n)];
  const weights = measures.find((measure) => measure.some((weight) => weight > 0n)) ?? [];
  const reason = { source: 'revenue', stack: 'validators', kind: 'validator' } as const;
  const pool = shareOut(reason, units, weights);
  for (const share of pool.shares) {
    book.add({ ...reason, role: share.role, account: state.validators.at(share.role).account, units: share.units });
  }
  return pool;
}
