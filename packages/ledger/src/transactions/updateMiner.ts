import { type BodyValues, equalBytes, MinerSplit } from '@assay/protocol';
import { standingCode } from '../roles.ts';
import { minerTermsCode } from './registerMiner.ts';
import type { TransactionRule } from './rule.ts';

/** Changes what a miner offers, and how its income is divided, from the next epoch on (§3.7). */
export const updateMiner: TransactionRule<BodyValues['updateMiner']> = {
  validate(state, body, { sender }) {
    const row = state.miners.get(body.miner);
    if (row === undefined) return 'UNKNOWN_ROLE';
    if (body.models.some((model) => state.models.get(model)?.domain !== row.domain)) return 'UNKNOWN_MODEL';
    const code = minerTermsCode(body);
    if (code !== 'OK') return code;
    // §3.7 Who runs it says what it can do; only the owner divides the income.
    const isOperators = equalBytes(row.operator, sender) && MinerSplit.equals(body.split, row.split);
    if (!equalBytes(row.owner, sender) && !isOperators) return 'NOT_OWNER';
    return standingCode(row);
  },
  apply(state, body) {
    state.minerUpdates.push(body);
    return [{ type: 'minerUpdated', miner: body.miner, fromEpoch: state.globals.epoch + 1 }];
  },
};
