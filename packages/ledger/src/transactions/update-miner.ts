import { type BodyValues, type MinerRow, MinerSplit, type Params } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { changesEngine } from '../draw/engines.ts';
import { standingCode } from '../state/roles.ts';
import { minerTermsCode } from './register-miner.ts';
import type { TransactionRule } from './rule.ts';

/** Changes what a miner offers, and how its income is divided, from the next epoch on (§3.7). */
export const updateMiner: TransactionRule<BodyValues['updateMiner']> = {
  validate(state, body, { sender, height }) {
    const row = state.miners.get(body.miner);
    if (row === undefined) return 'UNKNOWN_ROLE';
    if (body.models.some((model) => state.models.get(model)?.domain !== row.domain)) return 'UNKNOWN_MODEL';
    const code = minerTermsCode(body);
    if (code !== 'OK') return code;
    // §3.7 Who runs it says what it can do; only the owner divides the income.
    const isOperators = equalBytes(row.operator, sender) && MinerSplit.equals(body.split, row.split);
    if (!equalBytes(row.owner, sender) && !isOperators) return 'NOT_OWNER';
    const standing = standingCode(row);
    if (standing !== 'OK') return standing;
    return isEngineTooSoon(state.params, { row, body, height }) ? 'ENGINE_TOO_SOON' : 'OK';
  },
  apply(state, body) {
    state.minerUpdates.push(body);
    return [{ type: 'minerUpdated', miner: body.miner, fromEpoch: state.globals.epoch + 1 }];
  },
};

/** Lifetimes of a receipt after which every task of the engine before is certified and its audit over. */
const ENGINE_LIFETIMES = 2;

/** §3.8 A row knows two engines: no artifact under audit may still name a third. */
function isEngineTooSoon(
  { epochBlocks, receiptLifetimeBlocks }: Params,
  change: { row: Readonly<MinerRow>; body: BodyValues['updateMiner']; height: number },
): boolean {
  const { row, body, height } = change;
  if (!changesEngine(row, body) || row.engineEpoch === 0) return false;
  return height < row.engineEpoch * epochBlocks + ENGINE_LIFETIMES * receiptLifetimeBlocks;
}
