import { Genesis } from '@assay/protocol';
import { fromHex } from '@assay/ssz';
import { z } from 'zod';
import { ClientError } from '../errors.ts';
import type { Trust } from './verify-receipt.ts';

const hex = (bytes: number) =>
  z.string().transform((text, context) => {
    const value = fromHex(text);
    if (value !== null && value.length === bytes) return value;
    context.addIssue(`must be ${bytes} bytes in hexadecimal`);
    return z.NEVER;
  });

const committeeFile = z.object({
  chainId: z.string(),
  genesisHash: hex(32),
  epochs: z.object({ from: z.int().min(0), through: z.int().min(0) }),
  epochBlocks: z.int().min(1),
  mixers: z.array(z.object({ index: z.int().min(0), blsPublicKey: hex(48) })).min(1),
});

/** The trust a genesis gives: its chain, and its mixers as committee, for as long as these are the committee. */
export function trustFromGenesis(genesis: Genesis): Trust {
  return {
    chainId: genesis.chainId,
    genesisHash: Genesis.hashTreeRoot(genesis),
    epochBlocks: genesis.params.epochBlocks,
    committee: { epochs: null, seats: genesis.mixers.map(({ blsPublicKey }, mixer) => ({ mixer, blsPublicKey })) },
  };
}

/** Reads a genesis file's JSON. Throws `ClientError` BAD_TRUST that names what is wrong. */
export function genesisFromJson(json: unknown): Genesis {
  try {
    return Genesis.fromJson(json);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new ClientError('BAD_TRUST', `This is not a genesis: ${detail}.`, { cause });
  }
}

/**
 * Reads `{chainId, genesisHash, epochs: {from, through}, epochBlocks, mixers: [{index, blsPublicKey}]}`. Throws
 * BAD_TRUST, which names what is wrong.
 */
export function trustFromCommitteeJson(json: unknown): Trust {
  const read = committeeFile.safeParse(json);
  if (!read.success) {
    const [issue] = read.error.issues;
    const path = issue?.path.join('.') ?? '';
    throw new ClientError('BAD_TRUST', `This is not a committee: ${path} ${issue?.message ?? ''}`.trim());
  }
  const { chainId, genesisHash, epochs, epochBlocks, mixers } = read.data;
  const seats = mixers.map(({ index: mixer, blsPublicKey }) => ({ mixer, blsPublicKey }));
  return { chainId, genesisHash, epochBlocks, committee: { epochs, seats } };
}
