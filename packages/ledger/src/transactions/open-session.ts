import { type BodyValues, type Ref, type ResultCode, redundancies } from '@assay/protocol';
import { isFoundation } from '../cases/cases.ts';
import type { LedgerView } from '../state/state.ts';
import type { TransactionRule } from './rule.ts';

type Body = BodyValues['openSession'];

/** Opens a session and moves its deposit into escrow (§4.3). */
export const openSession: TransactionRule<Body> = {
  validate(state, body, { availableUnits, height, sender }) {
    if (body.depositUnits === 0n && !body.isBackground) return 'ZERO_AMOUNT';
    if (body.depositUnits > availableUnits) return 'INSUFFICIENT_BALANCE';
    if (state.domains.get(body.domain) === undefined) return 'UNKNOWN_DOMAIN';
    if (state.models.get(body.model)?.domain !== body.domain) return 'UNKNOWN_MODEL';
    if (state.mixers.get(body.homeMixer) === undefined) return 'UNKNOWN_MIXER';
    if (state.models.at(body.model).status !== 'accepted') return 'MODEL_NOT_ACCEPTED'; // §4.5
    if (body.expiryHeight <= height) return 'SESSION_EXPIRED';
    const code = termsCode(state, body);
    if (code !== 'OK') return code;
    return body.isBackground && !isFoundation(state, sender) ? 'NOT_FOUNDATION' : 'OK'; // §4.12
  },
  apply(state, { depositUnits, ...terms }, { sender }) {
    state.debit(sender, depositUnits);
    const session = state.sessions.push({
      ...terms,
      payer: sender,
      status: 'open',
      escrowUnits: depositUnits,
      spentUnits: 0n,
    });
    return [{ type: 'sessionOpened', session, payer: sender }];
  },
};

/** §4.11 Redundancy, and whom a dedicated session may name. */
function termsCode(state: LedgerView, { redundancy, dedicatedMiners, model }: Body): ResultCode {
  if (!redundancies.includes(redundancy)) return 'BAD_REDUNDANCY';
  if (dedicatedMiners.length === 0) return 'OK';
  const isNamed = (miner: Ref<'miners'>, index: number) =>
    miner > (dedicatedMiners[index - 1] ?? -1) && state.miners.get(miner)?.models.includes(model) === true;
  return dedicatedMiners.length >= redundancy && dedicatedMiners.every(isNamed) ? 'OK' : 'BAD_DEDICATION';
}
