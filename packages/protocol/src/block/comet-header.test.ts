import { equalBytes, toHex } from '@assay/ssz';
import { describe, expect, it } from 'vitest';
import {
  type CometHeader,
  cometAddress,
  cometHeaderHash,
  cometMerkleRoot,
  cometValidatorsHash,
} from './comet-header.ts';
import { blockIdOf, bytesOfHex, vectors } from './comet-vectors.fixture.ts';

type HeaderVector = (typeof vectors.headers)[number]['header'];

describe("CometBFT's own hashes §18.2", () => {
  it('has the hash that CometBFT 0.40.0 gives a header, the first and a later one', () => {
    expect(vectors.headers.map(({ header }) => header.lastBlockId === null)).toEqual([true, false]);
    for (const { header, hash } of vectors.headers) expect(toHex(cometHeaderHash(headerOf(header)))).toBe(hash);
  });

  it('changes with every field of the header', () => {
    const [, vector] = vectors.headers;
    if (vector === undefined) throw new Error('there is no second header');
    const header = headerOf(vector.header);
    for (const field of Object.keys(header)) {
      const other = { ...header, [field]: another(header[field as keyof CometHeader]) };
      expect(equalBytes(cometHeaderHash(other), cometHeaderHash(header)), field).toBe(false);
    }
  });

  it('names validators and their sets as CometBFT does, whatever order they come in', () => {
    for (const { validators, hash } of vectors.sets) {
      const set = validators.map(({ publicKey, power }) => ({ publicKey: bytesOfHex(publicKey), power }));
      expect(toHex(cometValidatorsHash(set))).toBe(hash);
      expect(toHex(cometValidatorsHash(set.reverse()))).toBe(hash);
      for (const { publicKey, address } of validators) {
        expect(toHex(cometAddress(bytesOfHex(publicKey)))).toBe(address);
      }
    }
  });

  it('has the roots of trees of none to nine leaves', () => {
    for (const { leaves, root } of vectors.trees) expect(toHex(cometMerkleRoot(leaves.map(bytesOfHex)))).toBe(root);
  });
});

function headerOf(vector: HeaderVector): CometHeader {
  const { versionBlock, versionApp, chainId, height, seconds, nanos } = vector;
  return {
    versionBlock,
    versionApp,
    chainId,
    height,
    seconds,
    nanos,
    lastBlockId: blockIdOf(vector.lastBlockId),
    lastCommitHash: bytesOfHex(vector.lastCommitHash),
    dataHash: bytesOfHex(vector.dataHash),
    validatorsHash: bytesOfHex(vector.validatorsHash),
    nextValidatorsHash: bytesOfHex(vector.nextValidatorsHash),
    consensusHash: bytesOfHex(vector.consensusHash),
    appHash: bytesOfHex(vector.appHash),
    lastResultsHash: bytesOfHex(vector.lastResultsHash),
    evidenceHash: bytesOfHex(vector.evidenceHash),
    proposerAddress: bytesOfHex(vector.proposerAddress),
  };
}

function another(value: CometHeader[keyof CometHeader]): CometHeader[keyof CometHeader] {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string') return `${value}x`;
  return value instanceof Uint8Array ? value.map((byte) => byte ^ 1) : null;
}
