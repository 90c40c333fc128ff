import {
  type ChainIdentity,
  type CometVote,
  canonicalVoteBytes,
  cometChainId,
  type DoubleVote,
  type MessageType,
  messageTypes,
  type Offence,
  Precommit,
  PrecommitOpening,
  precommitHash,
  type Receipt,
  receiptPath,
  type SignedVote,
  signingDomain,
  signingRoot,
} from '@assay/protocol';
import type { Type } from '@chainsafe/ssz';
import { type BatchOptions, requestHashOf, type Sender, type World } from './world.fixture.ts';

/** Two batches of one turn of a mixer, the second with a receipt. */
export function equivocation(world: World, mixer = 0, options: BatchOptions = {}): Offence {
  const first = world.batch({ ...options, mixer });
  const second = world.batch({ ...options, mixer, receipts: [world.receipt({ requestHash: requestHashOf(500) })] });
  return {
    kind: 'equivocation',
    value: { mixer, first: first.certificate, second: second.certificate },
  };
}

/** A receipt between two sound ones, in a batch of mixer 0 that `signers` signed; mixer 2 is accused. */
export function invalidItem(
  world: World,
  change: Partial<Receipt>,
  { mixer = 2, signers = [mixer] }: { readonly mixer?: number; readonly signers?: readonly number[] } = {},
): Offence {
  const [before, receipt, after] = [{}, change, {}].map((each, i) =>
    world.receipt({ requestHash: requestHashOf(600 + i), ...each }),
  );
  if (before === undefined || receipt === undefined || after === undefined) throw new Error('there are three');
  const receipts = [before, receipt, after];
  const { certificate } = world.batch({ receipts, signers });
  const path = receiptPath(receipts, 1);
  return { kind: 'invalidItem', value: { mixer, certificate, receipt, index: 1, path } };
}

/** What `key` signed instead of the vote that is shown, if anything. */
export interface VoteOptions {
  readonly key?: Sender;
  readonly signed?: Partial<CometVote>;
  readonly chainIdText?: string;
}

/** Precommits of a validator for two blocks in one round, at the next height unless said otherwise. */
export function doubleVote(
  world: World,
  validator = 0,
  change: Partial<DoubleVote> = {},
  options: VoteOptions = {},
): Offence & { readonly kind: 'doubleVote' } {
  const terms = { validator, kind: 'precommit' as const, height: world.height + 1, round: 0, ...change };
  const vote = (block: number): SignedVote => {
    const [hash, partsHash] = [new Uint8Array(32).fill(block), new Uint8Array(32).fill(block + 100)];
    const { kind, height, round } = terms;
    const time = { seconds: 1_700_000_000 + block, nanos: 5 };
    const signed = { kind, height, round, ...time, blockId: { hash, partsTotal: 1, partsHash }, ...options.signed };
    const bytes = canonicalVoteBytes(signed, options.chainIdText ?? cometChainId(world.state.chain));
    const signature = world.key(options.key ?? `consensus${validator}`).sign(bytes);
    return { blockHash: hash, partsTotal: 1, partsHash, ...time, signature };
  };
  return { kind: 'doubleVote', value: { first: vote(1), second: vote(2), ...terms } };
}

/** What stands in evidence against a miner, by whom it is signed, and for which chain. */
interface BreakOptions {
  readonly precommitKey?: Sender;
  readonly key?: Sender;
  readonly chain?: ChainIdentity;
}

/** A precommit of a miner to one salt, and an opening of it with another. */
export function brokenPrecommit(
  world: World,
  miner = 0,
  change: Partial<PrecommitOpening> = {},
  { key = `miner${miner}`, precommitKey = key, chain = world.state.chain }: BreakOptions = {},
): Offence & { readonly kind: 'brokenPrecommit' } {
  const [artifactRoot, salt, requestHash, taskId] = [1, 2, 3, 4].map((byte) => new Uint8Array(32).fill(byte));
  if (!artifactRoot || !salt || !requestHash || !taskId) throw new Error('there are four');
  const sealed = { artifactRoot, salt: requestHash, requestHash, model: 0 };
  const precommit = { taskId, miner, hash: precommitHash(sealed) };
  const opening = { ...sealed, salt, precommit, epoch: world.state.globals.epoch, ...change };
  const sign = <T>(by: Sender, message: MessageType, type: Type<T>, value: T) =>
    world.key(by).sign(signingRoot(type.hashTreeRoot(value), signingDomain(chain, message)));
  const precommitSignature = sign(precommitKey, messageTypes.precommit, Precommit, opening.precommit);
  const signature = sign(key, messageTypes.opening, PrecommitOpening, opening);
  return { kind: 'brokenPrecommit', value: { opening, precommitSignature, signature } };
}
