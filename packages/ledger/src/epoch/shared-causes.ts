import type { Flaw, Ref } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { commonFlaw } from '../cases/cases.ts';
import type { LedgerState } from '../state/state.ts';
import type { IndexOf } from '../state/state-tables.ts';
import { isLargePart, LEAST_ACCUSED, minersOf } from './cases.ts';

/** A miner whose audits are evidence enough to eject it. */
export interface Suspect {
  readonly miner: Ref<'miners'>;
  /** Indexes of the cases about the failures among that evidence, as far as they are kept. */
  readonly evidence: readonly number[];
  /** Whom all these tasks were done for, and the flaw that all of them had; null and `none` for none or several. */
  readonly payer: Uint8Array | null;
  readonly flaw: Flaw;
}

/** Why the evidence against several miners may say something about their judges instead (§10.15). */
export interface SharedCause {
  readonly shared: 'model' | 'payer' | 'flaw';
  readonly model: Ref<'models'> | null;
  readonly miners: readonly Ref<'miners'>[];
  /** How many miners it could have been. */
  readonly among: number;
}

/** What the failures of these miners have in common. */
export function suspectsOf(state: LedgerState, miners: readonly Ref<'miners'>[]): Suspect[] {
  const failures = new Map<Ref<'miners'>, IndexOf<'cases'>[]>(miners.map((miner) => [miner, []]));
  for (const [index, { kind, cause, role }] of [...state.cases].entries()) {
    const isFailure = cause === 'softFailure' || cause === 'hardFailure';
    if (kind === 'miner' && isFailure) failures.get(role)?.push(index);
  }
  return [...failures].map(([miner, all]) => {
    const evidence = all.slice(all.length - Math.min(all.length, state.miners.at(miner).failures));
    const rows = evidence.map((index) => state.cases.at(index));
    const [payer, ...otherPayers] = new Map(rows.map((row) => [toHex(row.payer), row.payer])).values();
    const onePayer = otherPayers.length > 0 ? null : (payer ?? null);
    return { miner, evidence, payer: onePayer, flaw: commonFlaw(rows) };
  });
}

/** What accuses so many miners at once that it is in doubt itself (§10.15). */
export function sharedCauses(state: LedgerState, suspects: readonly Suspect[]): SharedCause[] {
  const groups = new Map<
    string,
    Omit<SharedCause, 'among'> & { readonly miners: Ref<'miners'>[]; models: Set<Ref<'models'>> }
  >();
  const join = (key: string, shared: SharedCause['shared'], model: Ref<'models'> | null, suspect: Suspect) => {
    const group = groups.get(key) ?? { shared, model, miners: [], models: new Set() };
    group.miners.push(suspect.miner);
    const models = model === null ? suspect.evidence.map((index) => state.cases.at(index).model) : [model];
    for (const each of models) group.models.add(each);
    groups.set(key, group);
  };
  for (const suspect of suspects) {
    if (suspect.payer !== null) join(toHex(suspect.payer), 'payer', null, suspect);
    if (suspect.flaw !== 'none') join(`flaw ${suspect.flaw}`, 'flaw', null, suspect);
    for (const model of state.miners.at(suspect.miner).models) join(`model ${model}`, 'model', model, suspect);
  }
  const { breakerMinFailing } = state.params.cases;
  return [...groups.values()].flatMap(({ models, ...group }) => {
    const least = group.shared === 'model' ? breakerMinFailing : LEAST_ACCUSED;
    const among = minersOf(state, models, new Set(group.miners));
    const isDoubtful = group.miners.length >= least && isLargePart(state, group.miners.length, among);
    return isDoubtful ? [{ ...group, among }] : [];
  });
}
