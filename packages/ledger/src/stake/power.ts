import { apportion } from '../arithmetic/apportion.ts';
import { capped, PPB } from '../arithmetic/integers.ts';
import { itemAt } from '../arithmetic/invariant.ts';

/** What a validator's power follows from. */
export interface PowerInput {
  readonly stakeUnits: bigint;
  readonly work: bigint;
}

const FINE = 10n ** 18n;
/** More than a fifth is given to the others, unless fewer than six hold any: then some must have more. */
const LARGEST = PPB / 5n;
const FEWEST = 6;
/** All gains of one epoch together, and all losses, stay below a third. */
const LARGEST_CHANGE = (PPB - 1n) / 3n;

/**
 * Powers that stake and work would give, parts per billion (economics §8.1): (1−ω)·stake/Σstake + ω·work/Σwork. When
 * nobody has either, the other counts alone. They add up to one, or to zero when nobody has anything.
 */
export function targetPowers(inputs: readonly PowerInput[], workPpb: bigint): bigint[] {
  const stakes = sum(inputs.map(({ stakeUnits }) => stakeUnits));
  const works = sum(inputs.map(({ work }) => work));
  const omega = works === 0n ? 0n : stakes === 0n ? PPB : workPpb;
  const weights = inputs.map(
    ({ stakeUnits, work }) => part((PPB - omega) * stakeUnits, stakes) + part(omega * work, works),
  );
  return withCap(weights);
}

/** Moves powers towards their targets, no further than a third changes hands (economics §8.2). */
export function stepPowers(from: readonly bigint[], targets: readonly bigint[]): bigint[] {
  const gains = targets.map((target, i) => above(target, itemAt(from, i)));
  const losses = targets.map((target, i) => above(itemAt(from, i), target));
  const [gained, lost] = [sum(gains), sum(losses)];
  const most = gained + above(lost, gained);
  if (most <= LARGEST_CHANGE) return [...targets];
  const added = apportion((gained * LARGEST_CHANGE) / most, gains);
  const taken = apportion((lost * LARGEST_CHANGE) / most, losses);
  return targets.map((_, i) => itemAt(from, i) + itemAt(added, i) - itemAt(taken, i));
}

/**
 * What is above the cap goes to the others by weight, but doubles nobody (economics §8.1.1): otherwise the least stakes
 * would have most of the power beside one large one.
 */
function withCap(weights: readonly bigint[]): bigint[] {
  const own = apportion(PPB, weights);
  if (weights.filter((weight) => weight > 0n).length < FEWEST) return own;
  const limits = own.map((power) => capped(power > LARGEST ? power : 2n * power, LARGEST));
  const full = new Set<number>();
  for (;;) {
    const left = PPB - sum([...full].map((index) => itemAt(limits, index)));
    const shares = apportion(
      left,
      weights.map((weight, index) => (full.has(index) ? 0n : weight)),
    );
    const over = shares.flatMap((power, index) => (!full.has(index) && power > itemAt(limits, index) ? [index] : []));
    if (over.length === 0) return shares.map((power, index) => (full.has(index) ? itemAt(limits, index) : power));
    for (const index of over) full.add(index);
    if (limits.some((limit, index) => limit > 0n && !full.has(index))) continue;
    const back = apportion(
      PPB - sum(limits),
      own.map((power, index) => above(power, itemAt(limits, index))),
    );
    return limits.map((limit, index) => limit + itemAt(back, index));
  }
}

function part(amount: bigint, whole: bigint): bigint {
  return whole === 0n ? 0n : (amount * FINE) / whole;
}

function above(value: bigint, floor: bigint): bigint {
  return value - capped(floor, value);
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
