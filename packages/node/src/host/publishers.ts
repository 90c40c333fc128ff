import type { LedgerView } from '@assay/ledger';
import type { PeerId } from '@assay/roles/ports/network';
import { fromHex } from '@assay/ssz';
import { headTopic } from '../consensus/follow/wire.ts';
import type { MayPublish } from '../network/libp2p/topics.ts';

export interface PublisherParts {
  /** The nodes that this one follows. */
  readonly followed: ReadonlySet<PeerId>;
  /** The chain as it is here; null before it was opened. */
  readonly head: () => Pick<LedgerView, 'roleOf'> | null;
}

/** §5.26 Mixers speak of tasks and of their presence; of the newest block those who are followed. */
export function publishers({ followed, head }: PublisherParts): MayPublish {
  return (topic, author) => {
    if (topic === headTopic) return followed.has(author);
    const publicKey = fromHex(author);
    return publicKey !== null && head()?.roleOf('mixer', publicKey) !== undefined;
  };
}
