import type { Ref } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import type { LedgerView } from '../state/view.ts';

/** Who makes blocks, with which key, and how much its vote weighs, parts per billion; 0 for no more. */
export interface ConsensusValidator {
  readonly validator: Ref<'validators'>;
  readonly consensusKey: Uint8Array;
  readonly power: number;
}

/** The validators that make blocks, by rising index: those with power (economics §8.4). Never empty. */
export function consensusSet({ validators, powers }: Pick<LedgerView, 'validators' | 'powers'>): ConsensusValidator[] {
  return Array.from(powers, ({ powerPpb }, validator) => {
    return { validator, consensusKey: validators.at(validator).consensusKey, power: powerPpb };
  }).filter(({ power }) => power > 0);
}

/**
 * What makes one set the other, by key: first the keys that leave, with power 0, then those that come or weigh
 * something else. A validator with another key is both.
 */
export function consensusChanges(
  before: readonly ConsensusValidator[],
  after: readonly ConsensusValidator[],
): ConsensusValidator[] {
  const powerIn = (set: readonly ConsensusValidator[], { consensusKey }: ConsensusValidator) =>
    set.find((each) => equalBytes(each.consensusKey, consensusKey))?.power ?? 0;
  return [
    ...before.filter((each) => powerIn(after, each) === 0).map((each) => ({ ...each, power: 0 })),
    ...after.filter((each) => powerIn(before, each) !== each.power),
  ];
}
