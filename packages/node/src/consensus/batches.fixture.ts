import { batchSigningRoot, type LedgerView, priceOf, revealSigningRoot, transactionSigningRoot } from '@assay/ledger';
import {
  BatchRecords,
  BitArray,
  batchRoots,
  type ChainIdentity,
  drawIdOf,
  type Genesis,
  type Receipt,
  Transaction,
  type UnsignedTransaction,
} from '@assay/protocol';
import { concatBytes, encodeText, sha256 } from '@assay/ssz';
import { BlsSigner, Ed25519Signer, generateBlsSecret } from '../crypto/signers.ts';
import { aggregateBls } from '../crypto/verifier.ts';
import { devnetGenesis } from '../devnet/genesis.ts';

const mixers = 4;
const tokens = { tokensIn: 100, tokensOut: 200 };
const account = (name: string) => new Ed25519Signer(sha256(encodeText(name)));
const committee = (name: string) => new BlsSigner(generateBlsSecret(sha256(encodeText(name))));

/** The keys of every role, by its name. */
export const roleKeys = { account, committee };
export const mixerNames = Array.from({ length: mixers }, (_, i) => `mixer-${i + 1}`);

/** The default network with one long epoch, so that no settlement falls into what is measured. */
export function oneEpoch({ miners }: { readonly miners: number }): Genesis {
  const model = {
    name: 'model',
    fileHash: sha256(encodeText('model')),
    contextTokens: 2048,
    t1ThresholdPpb: 35_000_000,
  };
  const made = devnetGenesis(roleKeys, { model, miners, timeMs: 1_700_000_000_000 });
  return { ...made, params: { ...made.params, epochBlocks: 1_000_000 } };
}

/** What makes a receipt another one. */
export interface Served extends Pick<Receipt, 'session' | 'miner' | 'drawHeight'> {
  readonly request: string;
}

/** The receipt of a whole answer. No block checks its ticket: mixers did. */
export function receiptOf(state: LedgerView, { request, ...served }: Served): Receipt {
  const requestHash = sha256(encodeText(request));
  const ticket = concatBytes([requestHash, requestHash, requestHash]);
  return {
    taskId: drawIdOf({ ticket }),
    kind: 'user',
    outcome: 'complete',
    ...served,
    model: 0,
    gateway: 0,
    ticket,
    replica: 0,
    rank: 0,
    attempt: 0,
    similarityPpb: 0,
    ...tokens,
    maxTokensIn: tokens.tokensIn,
    maxTokensOut: tokens.tokensOut,
    priceUnits: priceOf(state.models.at(0), tokens),
    requestHash,
    artifactRoot: requestHash,
    firstTokenMs: 70,
    totalMs: 2000,
  };
}

/** One mixer's batch as a signed transaction, certified by all. */
export function batchTransaction(
  chain: ChainIdentity,
  mixer: number,
  { sequence, receipts }: { readonly sequence: number; readonly receipts: Receipt[] },
): Uint8Array {
  const members = mixerNames.map(committee);
  const reveal = members[mixer]?.sign(revealSigningRoot(chain, { epoch: 0, sequence })) ?? new Uint8Array();
  const contents = { receipts, records: BatchRecords.defaultValue() };
  const header = { epoch: 0, mixer, sequence, ...batchRoots(contents), reveal };
  const root = batchSigningRoot(chain, header);
  const signature = aggregateBls(members.map((member) => member.sign(root))) ?? new Uint8Array();
  const signers = BitArray.fromBoolArray(members.map(() => true));
  const signer = account(mixerNames[mixer] ?? '');
  const content: UnsignedTransaction = {
    publicKey: signer.publicKey,
    nonce: sequence,
    validUntil: 1_000_000,
    feeUnits: 0n,
    body: {
      kind: 'certifiedBatch',
      value: { certificate: { header, signers, signature }, ...contents },
    },
  };
  return Transaction.serialize({ content, signature: signer.sign(transactionSigningRoot(chain, content)) });
}
