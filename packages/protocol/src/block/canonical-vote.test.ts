import { fromHex, toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import { canonicalProposalBytes, canonicalVoteBytes, cometChainId } from './canonical-vote.ts';
import { blockIdOf, vectors } from './comet-vectors.fixture.ts';

describe('what a validator of CometBFT signs §18.1', () => {
  it('is to the byte what CometBFT 0.40.0 signs of a vote', () => {
    expect(vectors.votes.map(({ vote }) => [vote.kind, vote.blockId === null])).toContainEqual(['prevote', true]);
    for (const { vote, chainId, signBytes } of vectors.votes) {
      const kind = vote.kind === 'prevote' ? 'prevote' : 'precommit';
      const { height, round, seconds, nanos } = vote;
      const bytes = canonicalVoteBytes(
        { kind, height, round, seconds, nanos, blockId: blockIdOf(vote.blockId) },
        chainId,
      );
      expect(toHex(bytes)).toBe(signBytes);
    }
  });

  it('is to the byte what it signs of a proposal', () => {
    for (const { proposal, chainId, signBytes } of vectors.proposals) {
      const { height, round, polRound, seconds, nanos } = proposal;
      const blockId = blockIdOf(proposal.blockId);
      const bytes = canonicalProposalBytes({ height, round, polRound, seconds, nanos, blockId }, chainId);
      expect(toHex(bytes)).toBe(signBytes);
    }
  });

  it('names the chain with what CometBFT has room for, and the genesis', () => {
    const genesisHash = fromHex('0011aabb'.repeat(8)) ?? new Uint8Array();
    expect(cometChainId({ chainId: 'assay', genesisHash })).toBe('assay-0011aabb');
    expect(cometChainId({ chainId: 'x'.repeat(64), genesisHash })).toBe(`${'x'.repeat(41)}-0011aabb`);
    const wide = cometChainId({ chainId: 'ä'.repeat(32), genesisHash });
    expect(wide).toBe(`${'ä'.repeat(20)}-0011aabb`);
    expect(new TextEncoder().encode(wide).length).toBeLessThanOrEqual(50);
  });
});
