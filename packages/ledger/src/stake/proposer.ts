import type { Ref } from '@assay/protocol';
import { itemAt } from '../arithmetic/invariant.ts';
import type { LedgerView } from '../state/view.ts';
import { consensusSet } from './consensus-set.ts';

/** 2^64 divided by the golden ratio. Its multiples lie as evenly as those of any number can, however many there are. */
const STEP = 0x9e37_79b9_7f4a_7c15n;

/**
 * Whose turn a block of the embedded engine is, of those that seal it, by rising index (economics §8.5). It follows
 * from powers and height alone: there is nothing to keep over a restart.
 */
export function proposerOf(
  before: Pick<LedgerView, 'validators' | 'powers'>,
  sealers: readonly { readonly validator: Ref<'validators'> }[],
  height: number,
): Ref<'validators'> {
  const sealing = new Set(sealers.map(({ validator }) => validator));
  const able = consensusSet(before).filter(({ validator }) => sealing.has(validator));
  const all = able.reduce((sum, { power }) => sum + BigInt(power), 0n);
  let left = (BigInt.asUintN(64, BigInt(height) * STEP) * all) >> 64n;
  for (const { validator, power } of able) {
    left -= BigInt(power);
    if (left < 0n) return validator;
  }
  return itemAt(sealers, 0).validator;
}
