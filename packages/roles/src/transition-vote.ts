import { type CommitteeSeat, messageTypes, type Ref, TransitionRequest, type TransitionVote } from '@assay/protocol';
import type { ValueOf } from '@assay/ssz';
import type { RoleContext, SigningRoots } from './context.ts';

interface Asked {
  readonly request: TransitionRequest;
  readonly seats: readonly CommitteeSeat[];
  readonly mixers: { at(index: Ref<'mixers'>): { readonly publicKey: Uint8Array } };
}

/** Whether a mixer with a seat agrees to a request, and has signed that (§5.3). */
export function isAgreement(
  { verifier, roots }: Pick<RoleContext, 'verifier'> & { readonly roots: SigningRoots },
  { request, seats, mixers }: Asked,
  vote: ValueOf<typeof TransitionVote>,
): boolean {
  if (!vote.agrees || !seats.some(({ mixer }) => mixer === vote.mixer)) return false;
  const root = roots.of(messageTypes.transitionVote, TransitionRequest, request);
  return verifier.ed25519(mixers.at(vote.mixer).publicKey, root, vote.signature);
}
