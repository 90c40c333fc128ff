import { limits, type Ref } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import type { LedgerView } from '../state/view.ts';

/** Who makes blocks, with which key, and how much its vote weighs, parts per billion; 0 for no more. */
export interface ConsensusValidator {
  readonly validator: Ref<'validators'>;
  readonly consensusKey: Uint8Array;
  readonly power: number;
}

/**
 * The validators that make blocks, by rising index: those with power, where they are too many for a seal those with the
 * most (economics §8.4). Never empty.
 */
export function consensusSet({ validators, powers }: Pick<LedgerView, 'validators' | 'powers'>): ConsensusValidator[] {
  const able = Array.from(powers, ({ powerPpb: power }, validator) => ({ validator, power })).filter(
    ({ power }) => power > 0,
  );
  const inSet = able.length <= limits.maxSealSignatures ? able : largest(able);
  return inSet.map((each) => ({ ...each, consensusKey: validators.at(each.validator).consensusKey }));
}

function largest<V extends Pick<ConsensusValidator, 'validator' | 'power'>>(able: readonly V[]): V[] {
  const byPower = able.toSorted((a, b) => b.power - a.power || a.validator - b.validator);
  return byPower.slice(0, limits.maxSealSignatures).sort((a, b) => a.validator - b.validator);
}

/**
 * What makes one set the other, by key: first the keys that leave, with power 0, then those that come or weigh
 * something else. A validator with another key is both.
 */
export function consensusChanges(
  before: readonly ConsensusValidator[],
  after: readonly ConsensusValidator[],
): ConsensusValidator[] {
  const [powersBefore, powersAfter] = [powersByKey(before), powersByKey(after)];
  return [
    ...before
      .filter(({ consensusKey }) => !powersAfter.has(toHex(consensusKey)))
      .map((each) => ({ ...each, power: 0 })),
    ...after.filter(({ consensusKey, power }) => powersBefore.get(toHex(consensusKey)) !== power),
  ];
}

function powersByKey(set: readonly ConsensusValidator[]): ReadonlyMap<string, number> {
  return new Map(set.map(({ consensusKey, power }) => [toHex(consensusKey), power]));
}
