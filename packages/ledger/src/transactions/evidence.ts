import { type BodyValues, noModel } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { type Charge, offenceFine, openCase } from '../cases/cases.ts';
import { isProven, turnOf } from '../cases/offences.ts';
import { reachOf, roomOf } from '../stake/fines.ts';
import type { LedgerState } from '../state/state.ts';
import type { TransactionRule } from './rule.ts';

type Body = BodyValues['evidence'];

/** Shows that a mixer signed two headers of one turn, or a receipt that can never be valid (§7.4). */
export const evidence: TransactionRule<Body> = {
  validate(state, { offence }, { sender, verifier }) {
    const { mixer, epoch } = turnOf(offence);
    if (state.mixers.get(mixer) === undefined) return 'UNKNOWN_MIXER';
    const charge = chargeOf(state, { offence }, sender);
    const isFineable = charge.proposedUnits > 0n && roomOf(state, reachOf(state, charge)) > 0n;
    if (!isFineable) return 'NOTHING_TO_HOLD';
    const age = state.globals.epoch - epoch;
    if (age < 0 || age > state.params.cases.evidenceEpochs) return 'EVIDENCE_OUT_OF_TIME'; // §7.4
    if (isKnown(state, charge)) return 'EVIDENCE_KNOWN';
    return isProven(state, offence, verifier) ? 'OK' : 'BAD_EVIDENCE';
  },
  apply(state, body, { sender }) {
    return openCase(state, chargeOf(state, body, sender));
  },
};

/** §7.4 Cases outlive what evidence can still be about: one matter is one case for ever. */
function isKnown(state: LedgerState, { cause, subject }: Charge): boolean {
  return [...state.cases].some((row) => row.cause === cause && equalBytes(row.subject, subject));
}

function chargeOf(state: LedgerState, { offence }: Body, reporter: Uint8Array): Charge {
  const { mixer: role, subject } = turnOf(offence);
  const fined = { kind: 'mixer' as const, role };
  const proposedUnits = offenceFine(reachOf(state, fined), state.params.cases);
  // Who reports itself gets nothing of it back.
  const finders = equalBytes(state.mixers.at(role).account, reporter) ? [] : [reporter];
  return { cause: offence.kind, ...fined, subject, model: noModel, priceUnits: null, proposedUnits, finders };
}
