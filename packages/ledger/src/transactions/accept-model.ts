import type { BodyValues } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { invariant } from '../arithmetic/invariant.ts';
import { markSeen } from '../draw/presence.ts';
import type { LedgerView } from '../state/state.ts';
import { isValidator } from './audit-items.ts';
import type { TransactionRule } from './rule.ts';

type Body = BodyValues['acceptModel'];

/** A drawn validator's vote on a proposed model (§4.5, C5). */
export const acceptModel: TransactionRule<Body> = {
  isDuty: (state, _body, publicKey) => isValidator(state, publicKey),
  validate(state, body, { publicKey }) {
    const model = state.models.get(body.model);
    if (model === undefined) return 'UNKNOWN_MODEL';
    const seat = model.panel[seatOf(state, body, publicKey)];
    if (seat === undefined) return 'NOT_ON_PANEL';
    return seat.vote === 'open' ? 'OK' : 'ALREADY_VOTED';
  },
  apply(state, body, { publicKey }) {
    const { panel } = state.models.at(body.model);
    const index = seatOf(state, body, publicKey);
    const vote = body.accepts ? 'accepts' : 'refuses';
    const seat = panel[index];
    invariant(seat !== undefined, 'a valid vote has no seat');
    markSeen(state, { kind: 'validator', role: seat.validator }, state.globals.epoch); // §7.12
    const voted = panel.with(index, { ...seat, vote });
    state.models.update(body.model, { panel: voted });
    return [];
  },
};

function seatOf(state: LedgerView, { model }: Body, publicKey: Uint8Array): number {
  const { panel } = state.models.at(model);
  return panel.findIndex(({ validator }) => equalBytes(state.validators.at(validator).publicKey, publicKey));
}
