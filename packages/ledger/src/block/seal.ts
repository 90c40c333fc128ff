import { BlockHeader, type ChainIdentity, messageTypes, type Seal, signingDomain, signingRoot } from '@assay/protocol';
import type { LedgerView } from '../state/state.ts';
import type { Verifier } from '../state/verifier.ts';

/** What names a block: the root of its header. */
export function headerRoot(header: BlockHeader): Uint8Array {
  return BlockHeader.hashTreeRoot(header);
}

/** What a validator signs of a block (§2.1.1). */
export function blockSigningRoot(chain: ChainIdentity, header: BlockHeader): Uint8Array {
  return signingRoot(headerRoot(header), signingDomain(chain, messageTypes.block));
}

/** How much of a seal is asked for: that what it holds is true, or that it holds more than two thirds of the powers. */
export type SealQuorum = 'sound' | 'twoThirds';

/** Why a seal does not stand for a block (§2.1.1), as a part of a sentence; null when it does. */
export function sealProblem(
  before: Pick<LedgerView, 'chain' | 'validators' | 'powers'>,
  { header, seal }: { readonly header: BlockHeader; readonly seal: Seal },
  { verifier, quorum }: { readonly verifier: Verifier; readonly quorum: SealQuorum },
): string | null {
  const root = blockSigningRoot(before.chain, header);
  let signed = 0;
  let last = -1;
  for (const { validator, signature } of seal.value) {
    const row = before.validators.get(validator);
    if (row === undefined) return `its seal names validator ${validator}, and there is none`;
    if (validator <= last) return 'the validators of its seal are not in rising order';
    if (!verifier.ed25519(row.consensusKey, root, signature)) {
      return `the signature of validator ${validator} in its seal does not hold`;
    }
    signed += before.powers.get(validator)?.powerPpb ?? 0;
    last = validator;
  }
  if (last === -1) return 'nobody has signed its seal';
  const all = [...before.powers].reduce((sum, { powerPpb }) => sum + powerPpb, 0);
  if (quorum === 'sound' || 3 * signed > 2 * all) return null;
  return `its seal holds ${signed} of ${all} parts of power, not more than two thirds`;
}
