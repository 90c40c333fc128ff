import type { TaskRow } from '@assay/protocol';
import { equalBytes, toHex } from '@assay/ssz';
import { noEngine } from '../state/roles.ts';
import type { LedgerView } from '../state/state.ts';
import { profileFor } from './profiles.ts';

/** An engine is common that validators audit with who hold more than this part of the weight. */
const COMMON_PART = 3n;
/** Without so many of them, the heaviest, the others hold this part: not the friends of somebody, with no stake. */
const HEAVIEST = 2;
const OTHERS_PART = COMMON_PART * COMMON_PART;

interface Holders {
  readonly engine: Uint8Array;
  readonly weights: readonly bigint[];
  readonly weight: bigint;
}

/**
 * The engine with which all auditors of a task audit: their numbers can be compared, and none of them judges alone
 * (§10.2.1). Zero where no common engine can check the miner's. `weights` are those of all that may judge it.
 */
export function commonEngine(
  state: LedgerView,
  { miner: index, model, drawHeight }: Pick<TaskRow, 'miner' | 'model' | 'drawHeight'>,
  weights: readonly bigint[],
): Uint8Array {
  const { engine: minerEngine, engineEpoch } = state.miners.at(index);
  // §3.8 What an older task was answered with is not known.
  if (drawHeight < engineEpoch * state.params.epochBlocks) return noEngine;
  const total = sumOf(weights);
  const common = holdersOf(state, weights).filter((holders) => isCommon(holders, total));
  const isOwnPair = ({ engine: auditorEngine }: Holders) =>
    profileFor(state, { model, minerEngine, auditorEngine })?.isOwn === true;
  const exact = common.find(({ engine }) => equalBytes(engine, minerEngine));
  const [heaviest] = common.filter(isOwnPair).toSorted((a, b) => (a.weight < b.weight ? 1 : -1));
  return (exact ?? heaviest)?.engine ?? noEngine;
}

function isCommon({ weights, weight }: Holders, total: bigint): boolean {
  const others = weights.toSorted((a, b) => (a < b ? 1 : -1)).slice(HEAVIEST);
  return COMMON_PART * weight > total && OTHERS_PART * sumOf(others) > total;
}

function sumOf(weights: readonly bigint[]): bigint {
  return weights.reduce((sum, weight) => sum + weight, 0n);
}

function holdersOf({ validators }: LedgerView, weights: readonly bigint[]): Holders[] {
  const holders = new Map<string, Holders>();
  for (const [index, weight] of weights.entries()) {
    const { engine } = validators.at(index);
    if (weight === 0n || equalBytes(engine, noEngine)) continue;
    const known = holders.get(toHex(engine)) ?? { engine, weights: [], weight: 0n };
    holders.set(toHex(engine), { engine, weights: [...known.weights, weight], weight: known.weight + weight });
  }
  return [...holders.values()];
}

/** These weights without those of validators that audit with another engine; all where it is zero. */
export function weightsOfEngine(
  { validators }: LedgerView,
  weights: readonly bigint[],
  engine: Uint8Array,
): readonly bigint[] {
  if (equalBytes(engine, noEngine)) return weights;
  return weights.map((weight, index) => (equalBytes(validators.at(index).engine, engine) ? weight : 0n));
}
