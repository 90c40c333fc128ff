import {
  BlockHeader,
  type ChainIdentity,
  type CometSeal,
  canonicalVoteBytes,
  cometChainId,
  cometHeaderHash,
  messageTypes,
  type Ref,
  type Seal,
  type SealSignature,
  signingDomain,
  signingRoot,
} from '@assay/protocol';
import { equalBytes } from '@assay/ssz';
import { consensusSet } from '../stake/consensus-set.ts';
import { proposerOf } from '../stake/proposer.ts';
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

/** The state before a block, as far as it says who seals it. */
type Before = Pick<LedgerView, 'chain' | 'validators' | 'powers'>;

/** What one validator signed. */
interface Said {
  readonly validator: Ref<'validators'>;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** Why a seal does not stand for a block (§2.1.1), as a part of a sentence; null when it does. */
export function sealProblem(
  before: Before,
  { header, seal }: { readonly header: BlockHeader; readonly seal: Seal },
  { verifier, quorum }: { readonly verifier: Verifier; readonly quorum: SealQuorum },
): string | null {
  if (seal.kind === 'cometbft') {
    const problem = cometHeaderProblem(before.chain, header, seal.value);
    if (problem !== null) return problem;
  }
  const said =
    seal.kind === 'embedded' ? embeddedSaid(before.chain, header, seal.value.signatures) : cometSaid(seal.value);
  const powers = new Map(consensusSet(before).map(({ validator, power }) => [validator, power] as const));
  let signed = 0;
  let last = -1;
  for (const { validator, message, signature } of said) {
    const row = before.validators.get(validator);
    if (row === undefined) return `its seal names validator ${validator}, and there is none`;
    if (validator <= last) return 'the validators of its seal are not in rising order';
    if (!verifier.ed25519(row.consensusKey, message, signature)) {
      return `the signature of validator ${validator} in its seal does not hold`;
    }
    signed += powers.get(validator) ?? 0;
    last = validator;
  }
  if (last === -1) return 'nobody has signed its seal';
  if (seal.kind === 'embedded') {
    // economics §8.5
    const turn = proposerOf(before, seal.value.signatures, header.height);
    if (seal.value.proposer !== turn) {
      return `its seal says that validator ${seal.value.proposer} proposed it, and the turn was that of ${turn}`;
    }
  }
  const all = [...powers.values()].reduce((sum, power) => sum + power, 0);
  if (quorum === 'sound' || 3 * signed > 2 * all) return null;
  return `its seal holds ${signed} of ${all} parts of power, not more than two thirds`;
}

function embeddedSaid(chain: ChainIdentity, header: BlockHeader, signatures: readonly SealSignature[]): Said[] {
  const message = blockSigningRoot(chain, header);
  return signatures.map(({ validator, signature }) => ({ validator, signature, message }));
}

/** §18.10 Why CometBFT's header does not follow ours. */
function cometHeaderProblem(chain: ChainIdentity, header: BlockHeader, { header: next }: CometSeal): string | null {
  if (next.chainId !== cometChainId(chain)) return `its seal is of the chain ${next.chainId}`;
  if (next.height !== header.height + 1) return `its seal is of height ${next.height}, not of the next`;
  return equalBytes(next.appHash, headerRoot(header)) ? null : 'its seal has another root in it';
}

/** The votes of §18.10: those of the height after the block, which the validators of the state before it make. */
function cometSaid({ header, round, partsTotal, partsHash, precommits }: CometSeal): Said[] {
  const { height, chainId } = header;
  const blockId = { hash: cometHeaderHash(header), partsTotal, partsHash };
  return precommits.map(({ validator, seconds, nanos, signature }) => {
    const vote = { kind: 'precommit', height, round, blockId, seconds, nanos } as const;
    return { validator, signature, message: canonicalVoteBytes(vote, chainId) };
  });
}
