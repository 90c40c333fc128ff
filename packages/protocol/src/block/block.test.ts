import { expect, it } from 'vitest';
import { Block, Seal, SealedBlock, sealedBlockBytes } from './block.ts';

it('a block and its seal are joined as a sealed block is serialised', () => {
  const block = { ...Block.defaultValue(), transactions: [Uint8Array.of(1, 2), Uint8Array.of(3)] };
  const signature = new Uint8Array(64).fill(7);
  const seal: Seal = { kind: 'embedded', value: { proposer: 2, signatures: [{ validator: 2, signature }] } };
  const bytes = Block.serialize(block);
  expect(sealedBlockBytes(bytes, Seal.serialize(seal))).toEqual(SealedBlock.serialize({ block, seal }));
  expect(sealedBlockBytes(bytes, null)).toEqual(SealedBlock.serialize({ block, seal: null }));
  expect(SealedBlock.deserialize(sealedBlockBytes(bytes, Seal.serialize(seal)))).toEqual({ block, seal });
});
