import { type BodyValues, noModel } from '@assay/protocol';
import { isFoundation, openCase as open } from '../cases/cases.ts';
import { reachOf, roomOf } from '../stake/fines.ts';
import type { TransactionRule } from './rule.ts';

/** A member of the foundation asks for a fine; the others decide with it (§10.9). */
export const openCase: TransactionRule<BodyValues['openCase']> = {
  validate(state, { kind, role, amountUnits }, { sender }) {
    if (amountUnits === 0n) return 'ZERO_AMOUNT';
    if (!isFoundation(state, sender)) return 'NOT_FOUNDATION';
    if (!state.params.cases.foundationReview) return 'NO_REVIEW'; // §10.9
    return roomOf(state, reachOf(state, { kind, role })) > 0n ? 'OK' : 'NOTHING_TO_HOLD';
  },
  apply(state, { kind, role, amountUnits: proposedUnits, reasonHash: subject }) {
    const matter = { cause: 'byHand', subject, model: noModel, priceUnits: null, finders: [] } as const;
    return open(state, { ...matter, kind, role, proposedUnits, finders: [] });
  },
};
