import type { ConsensusValidator } from '@assay/ledger';
import { type CometSeal, type CometTime, cometAddress, limits } from '@assay/protocol';
import { fromHex, toHex } from '@assay/ssz';
import { z } from 'zod';

/** Of a commit's signatures, those for the block; others are absent, or for none. */
const forBlock = 2;

const hexadecimal = z.string().transform((text, context) => {
  const read = fromHex(text);
  if (read !== null) return read;
  context.addIssue({ code: 'custom', message: 'not hexadecimal' });
  return z.NEVER;
});
const whole = z.union([z.string().regex(/^\d{1,15}$/), z.int().nonnegative()]).transform(Number);
const time = z.iso.datetime().transform(timeOf);
const blockId = z.object({ hash: hexadecimal, parts: z.object({ total: whole, hash: hexadecimal }) });

const commitResult = z.object({
  signed_header: z.object({
    header: z.object({
      version: z.object({ block: whole, app: whole.default(0) }),
      chain_id: z.string(),
      height: whole,
      time,
      last_block_id: blockId,
      last_commit_hash: hexadecimal,
      data_hash: hexadecimal,
      validators_hash: hexadecimal,
      next_validators_hash: hexadecimal,
      consensus_hash: hexadecimal,
      app_hash: hexadecimal,
      last_results_hash: hexadecimal,
      evidence_hash: hexadecimal,
      proposer_address: hexadecimal,
    }),
    commit: z.object({
      round: whole,
      block_id: blockId,
      signatures: z.array(
        z.object({
          block_id_flag: z.int(),
          validator_address: z.string(),
          timestamp: time,
          signature: z.string().nullable(),
        }),
      ),
    }),
  }),
});

/**
 * The seal that CometBFT's `/commit` of the height after a block holds. A signature of somebody who is not in `set` is
 * left out. Throws an Error when the answer is none.
 */
export function sealOf(result: unknown, set: readonly ConsensusValidator[]): CometSeal {
  const { header, commit } = commitResult.parse(result).signed_header;
  const signerOf = new Map(set.map((each) => [toHex(cometAddress(each.consensusKey)), each] as const));
  const signed = commit.signatures.flatMap(({ block_id_flag, validator_address, timestamp, signature }) => {
    const signer = signerOf.get(validator_address.toLowerCase());
    if (block_id_flag !== forBlock || signer === undefined || signature === null) return [];
    const bytes = Uint8Array.from(Buffer.from(signature, 'base64'));
    return { power: signer.power, precommit: { validator: signer.validator, ...timestamp, signature: bytes } };
  });
  // Where a seal has no room for all, those with the most power are more than two thirds first.
  const largest = signed.sort((a, b) => b.power - a.power).slice(0, limits.maxSealSignatures);
  const { hash, parts } = header.last_block_id;
  return {
    header: {
      versionBlock: header.version.block,
      versionApp: header.version.app,
      chainId: header.chain_id,
      height: header.height,
      ...header.time,
      lastBlockId: { hash, partsTotal: parts.total, partsHash: parts.hash },
      lastCommitHash: header.last_commit_hash,
      dataHash: header.data_hash,
      validatorsHash: header.validators_hash,
      nextValidatorsHash: header.next_validators_hash,
      consensusHash: header.consensus_hash,
      appHash: header.app_hash,
      lastResultsHash: header.last_results_hash,
      evidenceHash: header.evidence_hash,
      proposerAddress: header.proposer_address,
    },
    round: commit.round,
    partsTotal: commit.block_id.parts.total,
    partsHash: commit.block_id.parts.hash,
    precommits: largest.map(({ precommit }) => precommit).sort((a, b) => a.validator - b.validator),
  };
}

/** RFC 3339 with up to nine decimals, which a double would blur. */
function timeOf(text: string): CometTime {
  const [seconds = '', decimals = ''] = text.replace(/Z$/, '').split('.');
  return { seconds: Date.parse(`${seconds}Z`) / 1000, nanos: Number(decimals.padEnd(9, '0')) };
}
