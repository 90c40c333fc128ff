import { isQuorum, type LedgerView, type Verifier } from '@assay/ledger';
import { messageTypes, type TransitionOrder, TransitionRequest } from '@assay/protocol';
import type { SigningRoots } from '../context.ts';
import { isAgreement } from '../transition-vote.ts';
import { presentCommittee } from './committee.ts';

interface Signatures {
  readonly state: LedgerView;
  readonly roots: SigningRoots;
  readonly verifier: Verifier;
}

/** Whether a request is signed by the oracle it names. */
export function isByOracle(
  { state, roots, verifier }: Signatures,
  { request, signature }: TransitionOrder['request'],
): boolean {
  const oracle = state.oracles.get(request.oracle);
  if (oracle === undefined) return false;
  const root = roots.of(messageTypes.transitionRequest, TransitionRequest, request);
  return verifier.ed25519(oracle.publicKey, root, signature);
}

/** Whether more than two thirds of the mixers agree to a request (§5.3). */
export function isSupported(view: Signatures, { request: signed, votes }: TransitionOrder): boolean {
  if (!isByOracle(view, signed)) return false;
  const { mixers } = view.state;
  const seats = presentCommittee(view.state);
  const agreed = votes.filter((vote) => isAgreement(view, { request: signed.request, seats, mixers }, vote));
  return isQuorum(new Set(agreed.map(({ mixer }) => mixer)).size, seats.length);
}
