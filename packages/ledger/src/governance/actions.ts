import { type Ban, type ProposalAction, type ResultCode, State } from '@assay/protocol';
import type { ValueOf } from '@assay/ssz';
import { profileCode } from '../draw/profiles.ts';
import { isLast, setStatus, stakeOf } from '../stake/stakes.ts';
import { standingCode } from '../state/roles.ts';
import { LedgerState, type LedgerView } from '../state/state.ts';
import { changedParams, isProblem } from './parameters.ts';

/** Why an action cannot be carried out by the block before `earliestHeight`; OK when it can (§12.2, §12.4). */
export function actionCode(state: LedgerView, action: ProposalAction, earliestHeight: number): ResultCode {
  switch (action.kind) {
    case 'parameterChange': {
      const changed = changedParams(state.params, action.value);
      return isProblem(changed) ? changed.code : 'OK';
    }
    case 'treasurySpend':
      return action.value.amountUnits === 0n ? 'ZERO_AMOUNT' : 'OK';
    case 'modelDifficulty': {
      const { model, difficultyPpm } = action.value;
      if (state.models.get(model) === undefined) return 'UNKNOWN_MODEL';
      const { minDifficultyPpm, maxDifficultyPpm } = state.params.models;
      return difficultyPpm < minDifficultyPpm || difficultyPpm > maxDifficultyPpm ? 'BAD_MODEL' : 'OK';
    }
    case 'upgrade': {
      const { rule, height } = action.value;
      const isNext = rule === state.globals.rule + 1 && state.globals.nextRule === 0;
      return isNext && height >= earliestHeight ? 'OK' : 'BAD_UPGRADE';
    }
    case 'ban':
      return banCode(state, action.value);
    case 'noiseProfile':
      return profileCode(state, action.value);
  }
}

/** §12.5 Who is banned cannot leave the ban by itself, so it must not be gone; its ban ends with a pause. */
function banCode(state: LedgerView, { kind, role, isBanned }: ValueOf<typeof Ban>): ResultCode {
  const stake = stakeOf(state, kind, role);
  if (stake === undefined) return 'UNKNOWN_ROLE';
  if (!isBanned) return stake.status === 'banned' ? 'OK' : 'BAD_STATUS';
  const code = standingCode(stake);
  if (code !== 'OK') return code;
  return isLast(state, { kind, role }, stake.status) ? 'LAST_OF_KIND' : 'OK';
}

/** §12.4 Does what was decided, from the next block on; when it has become impossible nothing is done: false. */
export function carryOut(state: LedgerState, action: ProposalAction): boolean {
  if (actionCode(state, action, state.globals.height + 1) !== 'OK') return false;
  switch (action.kind) {
    case 'parameterChange': {
      const changed = changedParams(state.params, action.value);
      if (!isProblem(changed)) state.params = changed;
      return true;
    }
    case 'treasurySpend': {
      const { to, amountUnits } = action.value;
      const { treasuryUnits } = state.globals;
      if (amountUnits > treasuryUnits) return false;
      state.setGlobals({ treasuryUnits: treasuryUnits - amountUnits });
      state.credit(to, amountUnits);
      return true;
    }
    case 'modelDifficulty':
      state.models.update(action.value.model, { difficultyPpm: action.value.difficultyPpm });
      return true;
    case 'upgrade':
      state.setGlobals({ nextRule: action.value.rule, nextRuleHeight: action.value.height });
      return true;
    case 'ban': {
      const { kind, role, isBanned } = action.value;
      const status = isBanned ? 'banned' : 'paused';
      setStatus(state, kind, role, { status, statusHeight: state.globals.height });
      return true;
    }
    case 'noiseProfile':
      state.profiles.push(action.value);
      return true;
  }
}

/** A snapshot in which an action has been carried out; null when it is impossible there. */
export function snapshotAfter(snapshot: Uint8Array, action: ProposalAction): Uint8Array | null {
  const state = new LedgerState(State.deserialize(snapshot));
  return carryOut(state, action) ? state.toBytes() : null;
}
