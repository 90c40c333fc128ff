import { join } from 'node:path';
import { openStore } from '@assay/node/store/store';
import { Seal } from '@assay/protocol';

/** The newest block under CometBFT of a data directory that has a seal, and whose precommits are in it. */
export async function newestSeal(
  data: string,
  genesisHash: Uint8Array,
): Promise<{ readonly height: number; readonly signers: readonly number[] }> {
  const store = await openStore({ dir: join(data, 'chain'), genesisHash, readOnly: true });
  try {
    for (let { height } = store; height > store.base; height--) {
      const bytes = store.sealAt(height);
      const seal = bytes === null ? null : Seal.deserialize(bytes);
      if (seal?.kind !== 'cometbft') continue;
      return { height, signers: seal.value.precommits.map(({ validator }) => validator) };
    }
    return { height: 0, signers: [] };
  } finally {
    await store.close();
  }
}
