import { consensusSet, type LedgerView } from '@assay/ledger';
import type { Ed25519Signer } from '../../crypto/signers.ts';
import type { LastSigned } from './last-signed.ts';

/** CometBFT takes what a block changes in its set two heights later. */
const delayBlocks = 2;

/** The consensus keys that this node holds. */
export interface HeldKeys {
  /** The key with this public half; null when it is another one's. */
  readonly signerOf: (publicKey: Uint8Array) => Ed25519Signer | null;
  /** What CometBFT is shown while the chain names none of them. */
  readonly shown: Ed25519Signer;
}

/** Which key of this node signs at which height, as the chain has it. */
export class ValidatorKeys {
  readonly #held: HeldKeys;
  readonly lastSigned: LastSigned;

  constructor(held: HeldKeys, lastSigned: LastSigned) {
    this.#held = held;
    this.lastSigned = lastSigned;
  }

  /** The key of a height that was told by then; null when this node holds it no more. */
  at(height: number): Ed25519Signer | null {
    const publicKey = this.lastSigned.keyAt(height);
    return publicKey === null ? this.#held.shown : this.#held.signerOf(publicKey);
  }

  /** Reads the state of a height, durable before the answer to its Commit: what it names signs two heights later. */
  async follow(head: Pick<LedgerView, 'validators' | 'powers' | 'globals'>): Promise<void> {
    const own = consensusSet(head).find(({ consensusKey }) => this.#held.signerOf(consensusKey) !== null);
    if (own === undefined) return;
    const { height } = head.globals;
    const isFirst = this.lastSigned.keyAt(Number.MAX_SAFE_INTEGER) === null;
    await this.lastSigned.useKey(own.consensusKey, isFirst ? height + 1 : height + delayBlocks);
  }
}
