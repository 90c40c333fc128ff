import { type BodyValues, plantedRoot } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { invariant } from '../arithmetic/invariant.ts';
import { waitForOpening } from '../audit/open-audit.ts';
import { FRESH_AUDITORS, plantStage } from '../audit/plants.ts';
import type { TransactionRule } from './rule.ts';

type Body = BodyValues['openPlant'];

/**
 * A miner opens the seal of an artifact whose numbers are wrong on purpose (§10.25). While auditors find so the verdict
 * follows from the choices alone; when they passed it, three others look again.
 */
export const openPlant: TransactionRule<Body> = {
  isDuty: (state, _body, publicKey) => state.roleOf('miner', publicKey) !== undefined,
  validate(state, { taskId, salt, path }, { publicKey }) {
    const index = state.taskOf(taskId);
    if (index === undefined) return 'UNKNOWN_TASK';
    const task = state.tasks.at(index);
    const isOfMiner = state.roleOf('miner', publicKey) === task.miner;
    if (!isOfMiner || !equalBytes(plantedRoot(salt, path), task.artifactRoot)) return 'NOT_PLANTED';
    const stage = plantStage(state, taskId);
    if (stage === null) return 'PLANT_NOT_DUE';
    const isTooSoon = stage === 'passed' && state.miners.at(task.miner).plantFrom > state.globals.epoch;
    return isTooSoon ? 'PLANT_TOO_SOON' : 'OK';
  },
  apply(state, { taskId }, { height }) {
    const index = state.auditOf(taskId);
    invariant(index !== undefined, 'a valid plant is of no audit');
    const task = state.taskOf(taskId);
    invariant(task !== undefined, 'a valid plant is of no task');
    const { miner } = state.tasks.at(task);
    const { verdict, auditors } = state.audits.at(index);
    state.audits.update(index, { isPlanted: true, waitUntil: 0 });
    if (verdict === 'open') state.openAudits.touch(index);
    else {
      state.miners.update(miner, { plantFrom: state.globals.epoch + 1 });
      const again = {
        verdict: 'open' as const,
        isSecond: true,
        judged: auditors.length,
        firstAuditors: FRESH_AUDITORS,
      };
      state.audits.update(index, again);
      state.openAudits.add(index, state.audits.at(index));
      // Nobody knows now whom the beacon will draw then.
      waitForOpening(state, index, height + state.params.audit.commitBlocks);
    }
    return [{ type: 'plantOpened', taskId, miner }];
  },
};
