import { z } from 'zod';
import { address, blsPublicKey, bytes32, count, units } from './scalars.ts';

/** The committee of an epoch: what its receipts are checked against. */
export const Committee = z.object({
  chainId: z.string(),
  genesisHash: bytes32,
  epoch: count,
  /** The same committee, with the same keys, served these epochs; `through` grows while it does. */
  epochs: z.object({ from: count, through: count }),
  /** Blocks in an epoch: with them a draw's height gives its epoch. */
  epochBlocks: count,
  /** Signers a certificate needs: the smallest whole number above two thirds. */
  needed: count,
  mixers: z.array(z.object({ index: count, account: address, publicKey: bytes32, blsPublicKey, stakeUnits: units })),
});
export type Committee = z.infer<typeof Committee>;
