import { drawEpoch, type Receipt, type Ref, ticketSigningRoot } from '@assay/protocol';
import { committeeOf } from '../draw/committee.ts';
import type { LedgerView } from '../state/state.ts';
import type { Verifier } from '../state/verifier.ts';

type Ticketed = Pick<Receipt, 'session' | 'requestHash' | 'ticket' | 'drawHeight'>;

/**
 * §6.4 Whether a ticket is the signature of the mixer that certifies its task, by the mixer's key in the committee of
 * the draw's epoch. The epoch must have begun.
 */
export function isTicket(
  state: LedgerView,
  task: Ticketed,
  { mixer, verifier }: { readonly mixer: Ref<'mixers'>; readonly verifier: Verifier },
): boolean {
  const committee = committeeOf(state, drawEpoch(state.params, task.drawHeight));
  const seat = committee.find((each) => each.mixer === mixer);
  return seat !== undefined && verifier.bls([seat.blsPublicKey], ticketSigningRoot(state.chain, task), task.ticket);
}
