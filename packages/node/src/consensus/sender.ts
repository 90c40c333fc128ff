import type { BodyKind, BodyValues } from '@assay/protocol';
import type { Chain, Inclusion } from '@assay/roles/ports/chain';
import type { Runtime } from '@assay/roles/ports/runtime';
import type { Ed25519Signer } from '../crypto/signers.ts';
import { signTransaction } from './sign.ts';

export interface TransactionSenderOptions {
  readonly chain: Pick<Chain, 'identity' | 'head' | 'submit'>;
  readonly signer: Pick<Ed25519Signer, 'publicKey' | 'address' | 'sign'>;
  readonly runtime: Pick<Runtime, 'sleep'>;
}

export interface SendOptions {
  /** The network's fee when absent; 0 for a duty. */
  readonly feeUnits?: bigint;
  /** Blocks in which it may be included; 64 when absent. */
  readonly validForBlocks?: number;
}

/** How often a transaction is signed again because another one took its nonce. */
const maxSignings = 4;
const defaultValidForBlocks = 64;

/**
 * Signs and sends the transactions of one account, several at a time. It counts the nonces ahead of the chain. When a
 * transaction does not use up its nonce, the later ones are signed again. One sender per account: two would take each
 * other's nonces.
 */
export class TransactionSender {
  readonly #chain: TransactionSenderOptions['chain'];
  readonly #signer: TransactionSenderOptions['signer'];
  readonly #runtime: TransactionSenderOptions['runtime'];
  #nextNonce = 0;
  #inFlight = 0;
  #outOfStep = false;
  #settled: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor({ chain, signer, runtime }: TransactionSenderOptions) {
    this.#chain = chain;
    this.#signer = signer;
    this.#runtime = runtime;
  }

  /**
   * Resolves once the transaction is in a durable block, or was refused (height 0, or the code says why). Rejects with
   * AssayError as `Chain.submit` does.
   */
  async send<Kind extends BodyKind>(
    kind: Kind,
    value: BodyValues[Kind],
    options: SendOptions = {},
  ): Promise<Inclusion> {
    for (let signing = 1; ; signing++) {
      const nonce = await this.#takeNonce();
      const inclusion = await this.#submit(this.#sign(kind, value, { ...options, nonce }));
      if (inclusion.code !== 'BAD_NONCE' || signing === maxSignings) return inclusion;
      // What waits with this nonce will be in the next block.
      if (inclusion.height === 0) await this.#runtime.sleep(this.#chain.head().params.blockTimeMs);
    }
  }

  #sign<Kind extends BodyKind>(
    kind: Kind,
    value: BodyValues[Kind],
    { nonce, feeUnits, validForBlocks = defaultValidForBlocks }: SendOptions & { nonce: number },
  ): Uint8Array {
    const { params, globals } = this.#chain.head();
    const validUntil = globals.height + validForBlocks;
    const envelope = { nonce, validUntil, feeUnits: feeUnits ?? params.transactionFeeUnits };
    return signTransaction({ signer: this.#signer, chain: this.#chain.identity }, [kind, value], envelope);
  }

  /** The next nonce; from the ledger whenever nothing of this sender is on its way. */
  async #takeNonce(): Promise<number> {
    while (this.#outOfStep && this.#inFlight > 0) await this.#settled.promise;
    if (this.#inFlight === 0) {
      this.#nextNonce = this.#chain.head().nonceOf(this.#signer.address);
      this.#outOfStep = false;
    }
    this.#inFlight += 1;
    return this.#nextNonce++;
  }

  async #submit(transaction: Uint8Array): Promise<Inclusion> {
    try {
      const inclusion = await this.#chain.submit(transaction);
      if (inclusion.code !== 'OK') this.#outOfStep = true;
      return inclusion;
    } catch (error) {
      this.#outOfStep = true;
      throw error;
    } finally {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) {
        this.#settled.resolve();
        this.#settled = Promise.withResolvers();
      }
    }
  }
}
