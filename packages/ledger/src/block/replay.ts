import { AssayError, Block, TransactionList } from '@assay/protocol';
import { equalBytes, toHex } from '@assay/ssz';
import type { BlockResult } from '../state/result.ts';
import { UnknownRuleError } from '../state/rules.ts';
import type { Verifier } from '../state/verifier.ts';
import type { Ledger } from './ledger.ts';
import { blockSigningRoot, headerRoot } from './seal.ts';

/** For blocks whose signatures were checked before. */
export const trusting: Verifier = { ed25519: () => true, bls: () => true };

/** A ledger and the block it stands after. */
export interface ReplayedChain {
  readonly ledger: Ledger;
  /** Root of the last header; the genesis hash before the first block. */
  headRoot: Uint8Array;
}

export const chainFrom = (ledger: Ledger, headRoot: Uint8Array): ReplayedChain => ({ ledger, headRoot });

/** Applies a block that was made elsewhere. Throws AssayError DATA_DAMAGED when it is not what the rules make of it. */
export function applyStored(
  chain: ReplayedChain,
  block: Block,
  height: number,
  { verifier, verifyAll }: { verifier: Verifier; verifyAll: boolean },
): BlockResult {
  const { ledger } = chain;
  const { header, transactions } = block;
  if (header.height !== height) throw damaged(height, `it says it is block ${header.height}`);
  requireRoot(height, 'the parent root', header.parentRoot, chain.headRoot);
  if (verifyAll) checkSeal(ledger, block, verifier);
  let result: BlockResult;
  try {
    result = ledger.applyBlock({ ...header, transactions }, verifier);
  } catch (error) {
    throw unknownRule(error) ?? damaged(height, String(error), error);
  }
  requireRoot(height, 'the state root', header.stateRoot, result.stateRoot, verifyAll ? signedRoot : '');
  chain.headRoot = headerRoot(header);
  return result;
}

/** §2.4 The error to stop with before a block whose rules this version does not know. */
export function unknownRule(error: unknown): AssayError | null {
  if (!(error instanceof UnknownRuleError)) return null;
  return new AssayError('UNKNOWN_RULE', `${error.message} Nothing is lost.`, { cause: error });
}

/** Whether the proposer is a validator and has signed these transactions (§2.1). */
function checkSeal(ledger: Ledger, { header, transactions, signature }: Block, verifier: Verifier): void {
  const { height, proposer } = header;
  const { validators, chain } = ledger.state;
  requireRoot(
    height,
    'the root of the transactions',
    header.transactionsRoot,
    TransactionList.hashTreeRoot(transactions),
  );
  const publicKey = validators.get(proposer)?.publicKey;
  if (publicKey === undefined) throw damaged(height, `there is no validator ${proposer}, its proposer`);
  if (!verifier.ed25519(publicKey, blockSigningRoot(chain, header), signature)) {
    throw damaged(height, 'the signature of its proposer does not hold');
  }
}

/** Of a block that is what its proposer signed no byte has changed since. */
const signedRoot = '; its proposer has signed that, so other rules made it: go on with the version that wrote it';

function requireRoot(height: number, what: string, stated: Uint8Array, computed: Uint8Array, why = ''): void {
  if (equalBytes(stated, computed)) return;
  throw damaged(height, `${what} is ${toHex(computed)}, but its header says ${toHex(stated)}${why}`);
}

export function decodeBlock(height: number, bytes: Uint8Array): Block {
  try {
    return Block.deserialize(bytes);
  } catch (error) {
    throw damaged(height, 'its bytes are not a block', error);
  }
}

export function damaged(height: number, reason: string, cause?: unknown): AssayError {
  return new AssayError('DATA_DAMAGED', `Block ${height}: ${reason}.`, { cause });
}
