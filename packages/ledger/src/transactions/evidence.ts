import { type BodyValues, noModel } from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { strike } from '../batch/transitions.ts';
import { type Charge, offenceFine, openCase } from '../cases/cases.ts';
import { isCharged, isProven, turnOf } from '../cases/offences.ts';
import { reachOf, roomOf } from '../stake/fines.ts';
import { stakeOf } from '../stake/stakes.ts';
import type { LedgerState } from '../state/state.ts';
import type { TransactionRule } from './rule.ts';

type Body = BodyValues['evidence'];

/** Shows what a mixer, a validator or a miner signed and never may (§7.4). */
export const evidence: TransactionRule<Body> = {
  validate(state, { offence }, { sender, verifier }) {
    const { kind, role, epoch } = turnOf(offence, state.params);
    if (stakeOf(state, kind, role) === undefined) return kind === 'mixer' ? 'UNKNOWN_MIXER' : 'UNKNOWN_ROLE';
    const charge = chargeOf(state, { offence }, sender);
    const isFineable = charge.proposedUnits > 0n && roomOf(state, reachOf(state, charge)) > 0n;
    if (!isFineable) return 'NOTHING_TO_HOLD';
    const age = state.globals.epoch - epoch;
    if (age < 0 || age > state.params.cases.evidenceEpochs) return 'EVIDENCE_OUT_OF_TIME'; // §7.4
    if (isCharged(state, offence)) return 'EVIDENCE_KNOWN';
    return isProven(state, offence, verifier) ? 'OK' : 'BAD_EVIDENCE';
  },
  apply(state, body, { sender }) {
    const { kind, role } = turnOf(body.offence, state.params);
    if (kind === 'miner') strike(state, role); // §7.4.7
    return openCase(state, chargeOf(state, body, sender));
  },
};

function chargeOf(state: LedgerState, { offence }: Body, reporter: Uint8Array): Charge {
  const { kind, role, subject } = turnOf(offence, state.params);
  const fined = { kind, role };
  const proposedUnits = offenceFine(reachOf(state, fined), state.params.cases);
  // Who reports itself gets nothing of it back.
  const owner = stakeOf(state, kind, role)?.owner;
  const finders = owner !== undefined && equalBytes(owner, reporter) ? [] : [reporter];
  return { cause: offence.kind, ...fined, subject, model: noModel, priceUnits: null, proposedUnits, finders };
}
