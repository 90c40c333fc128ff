import type { RoleRow } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { isActive } from '../state/roles.ts';
import type { LedgerView } from '../state/state.ts';

/** Whether a validator is drawn for audits: active, and not absent (§7.12). */
export function isAuditor(row: Pick<RoleRow, 'status' | 'seenUntil'>): boolean {
  return isActive(row) && row.seenUntil > 0;
}

/**
 * Powers of active validators that are not absent (§7.12) and are not, nor are operated by, those concerned; a part of
 * it at least (§10.2).
 */
export function impartialWeights(
  state: LedgerView,
  concerned: readonly Uint8Array[],
  used: readonly number[],
): bigint[] {
  return Array.from(state.validators, ({ account, operator, status, seenUntil }, validator) => {
    const isUsed = used.includes(validator);
    const isConcerned = concerned.some((address) => equalBytes(address, account) || equalBytes(address, operator));
    if (isUsed || isConcerned || !isAuditor({ status, seenUntil })) return 0n;
    const { powerPpb } = state.powers.at(validator);
    return powerPpb > 0 ? BigInt(powerPpb) : 1n; // economics §8.6
  });
}

/** How many of these weights can be drawn at all. */
export function countOf(weights: readonly bigint[]): number {
  return weights.filter((weight) => weight > 0n).length;
}
