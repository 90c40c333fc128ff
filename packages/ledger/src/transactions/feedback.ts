import { type BodyValues, ratings } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { invariant } from '../arithmetic/invariant.ts';
import { isAssigned } from '../batch/work.ts';
import type { TransactionRule } from './rule.ts';

/** A payer's rating of an approved task of its own, once for each (economics §4.5, E4). */
export const feedback: TransactionRule<BodyValues['feedback']> = {
  validate(state, { taskId, rating }, { sender }) {
    const index = state.taskOf(taskId);
    if (index === undefined) return 'UNKNOWN_TASK';
    const task = state.tasks.at(index);
    const { session, status, isRated } = task;
    const asked = state.sessions.get(session);
    if (asked === undefined || !equalBytes(asked.payer, sender)) return 'NOT_PAYER'; // §8.6 A challenge has no payer.
    if (status !== 'approved' && status !== 'settled') return 'TASK_NOT_APPROVED';
    if (!isAssigned(task, asked)) return 'NOT_ASSIGNED'; // economics §7.3
    if (isRated) return 'ALREADY_RATED';
    return ratings.includes(rating) ? 'OK' : 'BAD_RATING';
  },
  apply(state, { taskId, rating }, { sender }) {
    const index = state.taskOf(taskId);
    invariant(index !== undefined, 'a valid rating names no task');
    const { miner, priceUnits } = state.tasks.at(index);
    state.tasks.update(index, { isRated: true });
    state.ratings.push({ payer: sender, miner, rating, spentUnits: priceUnits });
    return [{ type: 'taskRated', taskId, rating }];
  },
};
