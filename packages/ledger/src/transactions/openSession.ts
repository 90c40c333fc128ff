import { type BodyValues, modelStatuses, sessionStatuses } from '@assay/protocol';
import type { TransactionRule } from './rule.ts';

/** Opens a session and moves its deposit into escrow (§4.3). */
export const openSession: TransactionRule<BodyValues['openSession']> = {
  validate(state, body, { availableUnits, height }) {
    if (body.depositUnits === 0n) return 'ZERO_AMOUNT';
    if (body.depositUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    if (state.domains.get(body.domain) === undefined) return 'UNKNOWN_DOMAIN';
    if (state.models.get(body.model)?.domain !== body.domain) return 'UNKNOWN_MODEL';
    if (state.mixers.get(body.homeMixer) === undefined) return 'UNKNOWN_MIXER';
    if (state.models.at(body.model).status !== modelStatuses.accepted) return 'MODEL_NOT_ACCEPTED'; // §4.5
    return body.expiryHeight <= height ? 'SESSION_EXPIRED' : 'OK';
  },
  apply(state, { depositUnits, ...terms }, { sender }) {
    state.debit(sender, depositUnits);
    const session = state.sessions.push({
      ...terms,
      payer: sender,
      status: sessionStatuses.open,
      escrowUnits: depositUnits,
      spentUnits: 0n,
      taskFloor: 0,
    });
    return [{ type: 'sessionOpened', session, payer: sender }];
  },
};
