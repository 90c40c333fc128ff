import { AssayError, SealedBlock, TransactionList } from '@assay/protocol';
import { equalBytes, toHex } from '@assay/ssz';
import type { BlockResult } from '../state/result.ts';
import { UnknownRuleError } from '../state/rules.ts';
import type { Verifier } from '../state/verifier.ts';
import type { Ledger } from './ledger.ts';
import { headerRoot, type SealQuorum, sealProblem } from './seal.ts';

/** §2.1.1 CometBFT brings a seal with the block after, and a node may end before it has it. */
const awaitedSeals = 2;

/** For blocks whose signatures were checked before. */
export const trusting: Verifier = { ed25519: () => true, bls: () => true };

/** What a seal is held against. */
type SealedState = Parameters<typeof sealProblem>[0];

/** A ledger and the block it stands after. */
export interface ReplayedChain {
  readonly ledger: Ledger;
  /** Root of the last header; the genesis hash before the first block. */
  headRoot: Uint8Array;
}

export const chainFrom = (ledger: Ledger, headRoot: Uint8Array): ReplayedChain => ({ ledger, headRoot });

/** How a block that was made elsewhere is checked. */
export interface BlockCheck {
  readonly verifier: Verifier;
  /** What its seal must hold; null when nothing is asked of it. */
  readonly quorum: SealQuorum | null;
  /** Height of the newest block there is; its seal, and that of the one before, may be still to come. */
  readonly newest: number;
}

/** Applies a block that was made elsewhere. Throws AssayError DATA_DAMAGED when it is not what the rules make of it. */
export function applyStored(
  chain: ReplayedChain,
  { block, seal }: SealedBlock,
  height: number,
  { verifier, quorum, newest }: BlockCheck,
): BlockResult {
  const { ledger } = chain;
  const { header, transactions } = block;
  requireFits({ state: ledger.state, headRoot: chain.headRoot }, { block, seal }, height, { verifier, quorum, newest });
  let result: BlockResult;
  try {
    result = ledger.applyBlock({ ...header, transactions }, verifier);
  } catch (error) {
    throw unknownRule(error) ?? damaged(height, String(error), error);
  }
  requireRoot(height, 'the state root', header.stateRoot, result.stateRoot, quorum === null ? '' : signedRoot);
  chain.headRoot = headerRoot(header);
  return result;
}

/**
 * Asks of a block that was made elsewhere all that can be asked before it is applied: its height, its parent, its
 * transactions and its seal. Throws AssayError DATA_DAMAGED that says what does not fit.
 */
export function requireFits(
  before: { readonly state: SealedState; readonly headRoot: Uint8Array },
  { block, seal }: SealedBlock,
  height: number,
  { verifier, quorum, newest }: BlockCheck,
): void {
  const { header } = block;
  if (header.height !== height) throw damaged(height, `it says it is block ${header.height}`);
  requireRoot(height, 'the parent root', header.parentRoot, before.headRoot);
  const isAwaited = seal === null && height > newest - awaitedSeals;
  if (quorum !== null && !isAwaited) requireSeal(before.state, { block, seal }, { verifier, quorum });
}

/** §2.4 The error to stop with before a block whose rules this version does not know. */
export function unknownRule(error: unknown): AssayError | null {
  if (!(error instanceof UnknownRuleError)) return null;
  return new AssayError('UNKNOWN_RULE', `${error.message} Nothing is lost.`, { cause: error });
}

/** Whether the seal is one of these transactions and this header (§2.1.1). */
function requireSeal(
  state: SealedState,
  { block: { header, transactions }, seal }: SealedBlock,
  check: { readonly verifier: Verifier; readonly quorum: SealQuorum },
): void {
  const { height } = header;
  const computed = TransactionList.hashTreeRoot(transactions);
  requireRoot(height, 'the root of the transactions', header.transactionsRoot, computed);
  const problem = seal === null ? 'it has no seal' : sealProblem(state, { header, seal }, check);
  if (problem !== null) throw damaged(height, problem);
}

/** Of a block that is what its seal says no byte has changed since. */
const signedRoot = '; its seal says that too, so other rules made it: go on with the version that wrote it';

function requireRoot(height: number, what: string, stated: Uint8Array, computed: Uint8Array, why = ''): void {
  if (equalBytes(stated, computed)) return;
  throw damaged(height, `${what} is ${toHex(computed)}, but its header says ${toHex(stated)}${why}`);
}

export function decodeBlock(height: number, bytes: Uint8Array): SealedBlock {
  try {
    return SealedBlock.deserialize(bytes);
  } catch (error) {
    throw damaged(height, 'its bytes are not a block', error);
  }
}

export function damaged(height: number, reason: string, cause?: unknown): AssayError {
  return new AssayError('DATA_DAMAGED', `Block ${height}: ${reason}.`, { cause });
}
