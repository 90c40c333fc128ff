import { headerRoot, Ledger, sealProblem } from '@assay/ledger';
import {
  type BlockHeader,
  type CometSeal,
  canonicalVoteBytes,
  cometChainId,
  cometHeaderHash,
  Seal,
} from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { nativeVerifier } from '../../crypto/verifier.ts';
import { testChain } from '../chain.fixture.ts';

const chain = testChain({ makers: 4 });
const before = Ledger.fromGenesis(chain.genesis).view();
const bytes = (byte: number) => new Uint8Array(32).fill(byte);
const ours: BlockHeader = {
  height: 1,
  timeMs: 1_800_000_000_000,
  parentRoot: chain.hash,
  transactionsRoot: bytes(1),
  stateRoot: bytes(2),
};
const header: CometSeal['header'] = {
  versionBlock: 11,
  versionApp: 1,
  chainId: cometChainId(chain.identity),
  height: 2,
  seconds: 1_800_000_000,
  nanos: 5,
  lastBlockId: { hash: bytes(3), partsTotal: 1, partsHash: bytes(4) },
  lastCommitHash: bytes(5),
  dataHash: bytes(6),
  validatorsHash: bytes(7),
  nextValidatorsHash: bytes(7),
  consensusHash: bytes(8),
  appHash: headerRoot(ours),
  lastResultsHash: bytes(9),
  evidenceHash: bytes(10),
  proposerAddress: bytes(11).slice(12),
};

/** What these validators sign of a header. */
function sealBy(signers: readonly number[], next = header): CometSeal {
  const parts = { partsTotal: 1, partsHash: bytes(12) };
  const precommits = signers.map((validator) => {
    const signer = chain.sealers[validator];
    if (signer === undefined) throw new Error(`there is no validator ${validator}`);
    const time = { seconds: 1_800_000_001, nanos: validator };
    const blockId = { hash: cometHeaderHash(next), ...parts };
    const vote = { kind: 'precommit', height: next.height, round: 0, blockId, ...time } as const;
    return { validator, ...time, signature: signer.sign(canonicalVoteBytes(vote, next.chainId)) };
  });
  return { header: next, round: 0, ...parts, precommits };
}

const problemOf = (value: CometSeal, of = ours) => {
  const seal = Seal.deserialize(Seal.serialize({ kind: 'cometbft', value }));
  return sealProblem(before, { header: of, seal }, { verifier: nativeVerifier, quorum: 'twoThirds' });
};

describe('a seal by CometBFT §18.10', () => {
  it('stands for a block with more than two thirds of the powers, as the state before it has them', () => {
    expect(problemOf(sealBy([0, 1, 2, 3]))).toBeNull();
    expect(problemOf(sealBy([0, 2, 3]))).toBeNull();
    expect(problemOf(sealBy([0, 2]))).toMatch(/not more than two thirds/);
    expect(problemOf(sealBy([]))).toMatch(/nobody has signed/);
  });

  it('stands for no other block, height or chain', () => {
    expect(problemOf(sealBy([0, 1, 2]), { ...ours, stateRoot: bytes(9) })).toMatch(/another root/);
    expect(problemOf(sealBy([0, 1, 2], { ...header, height: 3 }))).toMatch(/of height 3, not of the next/);
    expect(problemOf(sealBy([0, 1, 2], { ...header, chainId: 'other-00000000' }))).toMatch(/the chain other-00000000/);
  });

  it('does not stand when any part of it was changed after it was signed', () => {
    const seal = sealBy([0, 1, 2]);
    const [first, ...others] = seal.precommits;
    if (first === undefined) throw new Error('nobody signed');
    const changed: CometSeal[] = [
      { ...seal, round: 1 },
      { ...seal, partsTotal: 2 },
      { ...seal, header: { ...header, evidenceHash: bytes(1) } },
      { ...seal, precommits: [{ ...first, nanos: 9 }, ...others] },
      { ...seal, precommits: [{ ...first, validator: 3 }, ...others].sort((a, b) => a.validator - b.validator) },
      { ...seal, precommits: [first, first, ...others] },
    ];
    for (const each of changed) expect(problemOf(each)).toMatch(/does not hold|not in rising order/);
  });
});
