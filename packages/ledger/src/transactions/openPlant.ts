import { type BodyValues, equalBytes, plantedRoot, verdicts } from '@assay/protocol';
import { FRESH_AUDITORS, plantStage } from '../plants.ts';
import { voicesOf } from '../voices.ts';
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
    if (state.miners.at(task.miner).plantFrom > state.globals.epoch) return 'PLANT_TOO_SOON';
    return plantStage(state, taskId) === null ? 'PLANT_NOT_DUE' : 'OK';
  },
  apply(state, { taskId }) {
    const audit = state.auditOf(taskId);
    if (audit === undefined) throw new RangeError('a valid plant is of no audit');
    const task = state.tasks.at(state.taskOf(taskId) ?? -1);
    const { miner } = task;
    state.miners.update(miner, { plantFrom: state.globals.epoch + 1 });
    state.audits.update(audit, { isPlanted: true });
    const row = state.audits.at(audit);
    if (row.verdict !== verdicts.open) {
      const passes = voicesOf(state, row, task).filter(({ opinion }) => opinion === 'pass').length;
      const again = { verdict: verdicts.open, isSecond: true, judged: row.auditors.length };
      state.audits.update(audit, { ...again, firstAuditors: passes + FRESH_AUDITORS });
      state.openAudits.add(audit, state.audits.at(audit));
    }
    return [{ type: 'plantOpened', taskId, miner }];
  },
};
