import type { Attack } from '@assay/node/host/build-roles';
import { SimulatedModel } from '../simulated-model.ts';
import { type Adversary, byMembers } from './adversary.ts';

/** An attack of a simulated network, by these members of its role; a cheaper model has other weights. */
export function attackBy(adversary: Adversary, ...members: number[]): Attack {
  const attack = adversary.cheapen === null ? adversary.attack() : adversary.attack(new SimulatedModel('cheaper'));
  return byMembers(adversary, members, attack);
}
