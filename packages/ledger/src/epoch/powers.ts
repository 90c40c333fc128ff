import { type LedgerEvent, limits } from '@assay/protocol';
import { saturate } from '../arithmetic/integers.ts';
import { itemAt } from '../arithmetic/invariant.ts';
import { stepPowers, targetPowers } from '../stake/power.ts';
import { isActive } from '../state/roles.ts';
import type { LedgerState } from '../state/state.ts';

/** Weighs the validators for the epoch to come by stake and recent work (economics §8). */
export function updatePowers(state: LedgerState): LedgerEvent {
  const rows = [...state.powers];
  const recent = rows.map(({ epochWork, recentWork }) => [epochWork, ...recentWork].slice(0, limits.powerEpochs));
  const inputs = rows.map((_, index) => {
    const row = state.validators.at(index);
    if (!isActive(row)) return { stakeUnits: 0n, work: 0n };
    const work = saturate(itemAt(recent, index).reduce((total, each) => total + each, 0n));
    return { stakeUnits: row.stakeUnits, work };
  });
  const { powerWorkPpb } = state.params;
  const targets = targetPowers(inputs, BigInt(powerWorkPpb));
  const from = rows.map(({ powerPpb }) => BigInt(powerPpb));
  // economics §8.4 Somebody must make blocks.
  const powers = targets.some((target) => target > 0n) ? stepPowers(from, targets) : from;
  const changes = inputs.map((input, index) => ({
    ...input,
    fromPpb: state.powers.at(index).powerPpb,
    targetPpb: Number(itemAt(targets, index)),
    powerPpb: Number(itemAt(powers, index)),
  }));
  for (const [index, { powerPpb }] of changes.entries()) {
    state.powers.set(index, { powerPpb, epochWork: 0n, recentWork: itemAt(recent, index), noResultsLeft: 0 });
  }
  return { type: 'powersSet', epoch: state.globals.epoch, powerWorkPpb, powers: changes };
}
