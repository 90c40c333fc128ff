import type { LedgerView } from '@assay/ledger';
import { cometAddress, type DoubleVote, type Ref, type SignedVote } from '@assay/protocol';
import { toHex } from '@assay/ssz';
import { z } from 'zod';
import { blockId, hexadecimal, time, whole } from './signed-header.ts';

const kinds = { 1: 'prevote', 2: 'precommit' } as const;

const vote = z.object({
  type: z.union([z.literal(1), z.literal(2)]),
  height: whole,
  round: whole,
  block_id: blockId,
  timestamp: time,
  validator_address: hexadecimal,
  signature: z.string(),
});
type Vote = z.infer<typeof vote>;

const doubleVote = z.object({
  type: z.literal('tendermint/DuplicateVoteEvidence'),
  value: z.object({ vote_a: vote, vote_b: vote }),
});
const blockResult = z.object({ block: z.object({ evidence: z.object({ evidence: z.array(z.unknown()) }) }) });

/**
 * The double votes that CometBFT's `/block` of a height has, those of validators of this state. What is no such thing,
 * and a vote for no block, which proves nothing (§7.4.5), is left out. Throws an Error when it is no block.
 */
export function doubleVotesIn(result: unknown, head: LedgerView): DoubleVote[] {
  return blockResult.parse(result).block.evidence.evidence.flatMap((each): DoubleVote[] => {
    const read = doubleVote.safeParse(each);
    if (!read.success) return [];
    const { vote_a: first, vote_b: second } = read.data.value;
    const validator = validatorAt(head, first.validator_address);
    const isForBlocks = [first, second].every(({ block_id: { hash } }) => hash.length > 0);
    if (validator === null || !isForBlocks) return [];
    const { type, height, round } = first;
    return [{ validator, kind: kinds[type], height, round, first: signedOf(first), second: signedOf(second) }];
  });
}

function signedOf({ block_id: { hash, parts }, timestamp, signature }: Vote): SignedVote {
  return {
    blockHash: hash,
    partsTotal: parts.total,
    partsHash: parts.hash,
    ...timestamp,
    signature: Uint8Array.from(Buffer.from(signature, 'base64')),
  };
}

/** Whose consensus key it is, or was (§3.10). */
function validatorAt({ validators, retiredKeys }: LedgerView, address: Uint8Array): Ref<'validators'> | null {
  const isIt = ({ consensusKey }: { readonly consensusKey: Uint8Array }) =>
    toHex(cometAddress(consensusKey)) === toHex(address);
  const present = [...validators].findIndex(isIt);
  return present >= 0 ? present : ([...retiredKeys].find(isIt)?.validator ?? null);
}
