import { keyKinds } from '../roleKeys.ts';
import { stakeKindOf } from '../stakes.ts';
import type { LedgerState } from '../state.ts';

/**
 * Carries out what the epoch announced for the next one, in its order (§3.6, §3.7). Once the books are closed, so that
 * what was earned is paid by the terms it was earned under.
 */
export function applyChanges(state: LedgerState): void {
  for (const { kind, role, publicKey } of state.keyChanges) setKey(state, kind, { role, publicKey });
  for (const { mixer, blsPublicKey } of state.committeeKeyChanges) {
    state.roleKeys.free('committee', state.mixers.at(mixer).blsPublicKey);
    state.mixers.update(mixer, { blsPublicKey });
  }
  for (const { miner, ...terms } of state.minerUpdates) state.miners.update(miner, terms);
  for (const announced of [state.keyChanges, state.committeeKeyChanges, state.minerUpdates]) {
    announced.retain(() => false);
  }
}

function setKey(state: LedgerState, number: number, change: { role: number; publicKey: Uint8Array }): void {
  const kind = keyKinds.find((each) => each === stakeKindOf(number));
  if (kind === undefined) throw new RangeError(`a key is announced for no role: ${number}`);
  const { role, publicKey } = change;
  state.roleKeys.free(kind, state[`${kind}s`].at(role).publicKey);
  if (kind === 'mixer') state.mixers.update(role, { publicKey });
  else state[`${kind}s`].update(role, { publicKey });
}
