import { setTimeout } from 'node:timers/promises';
import { type Applied, type Checked, type Client, ClientError } from '@assay/client';
import { signTransaction } from '@assay/node/consensus/sign';
import type { Ed25519Signer } from '@assay/node/crypto/signers';
import { addressText, type BodyKind, type BodyValues, resultCodes } from '@assay/protocol';
import { fromHex } from '@assay/ssz';
import { accountOf } from '../accounts.ts';
import { adviceOn } from './advice.ts';

/** How often a transaction is signed again because another one of its account took its nonce. */
const maxSignings = 8;
const validForBlocks = 64;

/** A transaction as the node gets it. */
export interface Signed {
  readonly bytes: Uint8Array;
  readonly nonce: number;
}

/** Signs a transaction with the next nonce of its account. */
async function sign<Kind extends BodyKind>(
  node: Client,
  [kind, value]: readonly [Kind, BodyValues[Kind]],
  { signer, feeUnits }: { readonly signer: Ed25519Signer; readonly feeUnits: bigint },
): Promise<Signed> {
  const { chainId, genesisHash, height } = await node.getStatus();
  const { nonce } = await accountOf(node, addressText(signer.address));
  const chain = { chainId, genesisHash: fromHex(genesisHash) ?? new Uint8Array() };
  const envelope = { nonce, validUntil: height + validForBlocks, feeUnits };
  return { bytes: signTransaction({ signer, chain }, [kind, value], envelope), nonce };
}

/** Sends a transaction, or with `dryRun` asks what it would get. Throws ClientError when the network refuses it. */
export async function send<Kind extends BodyKind>(
  node: Client,
  message: readonly [Kind, BodyValues[Kind]],
  options: {
    readonly signer: Ed25519Signer;
    readonly name: string;
    readonly feeUnits: bigint;
    readonly dryRun: boolean;
  },
): Promise<(Applied | Checked) & Pick<Signed, 'nonce'>> {
  for (let signing = 1; ; signing++) {
    const { bytes, nonce } = await sign(node, message, options);
    try {
      const answer = options.dryRun ? await node.checkTransaction(bytes) : await node.sendTransaction(bytes);
      return { ...answer, nonce };
    } catch (error) {
      if (!isTaken(error) || signing === maxSignings) throw named(error, options.name);
    }
    // The account shows its next nonce after the block of the one that took it.
    await setTimeout((await node.getStatus()).blockTimeMs);
  }
}

const isTaken = (error: unknown): boolean => error instanceof ClientError && error.code === 'BAD_NONCE';

/** With the code in its message when it is the result of a transaction, and with what its sender can do. */
function named(error: unknown, sender: string): unknown {
  if (!(error instanceof ClientError) || !Object.hasOwn(resultCodes, error.code)) return error;
  const { code, message, status } = error;
  return new ClientError(code, `${code}: ${message}${adviceOn(code, sender)}`, { status });
}
