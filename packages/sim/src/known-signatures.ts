import type { Verifier } from '@assay/ledger';
import { aggregateBls } from '@assay/node/crypto/verifier';
import { equalBytes } from '@assay/ssz';

/** Answers kept, and signatures; all are dropped when there are more. */
const most = 100_000;

/**
 * Gives what `verifier` gives, and asks it once, or never about what was signed here: in one process every role checks
 * the same signatures, and most of them are made there too.
 */
export class KnownSignatures implements Verifier {
  readonly #verifier: Verifier;
  readonly #answers = new Map<string, boolean>();
  readonly #made = new Map<string, Uint8Array>();

  constructor(verifier: Verifier) {
    this.#verifier = verifier;
  }

  /** The signature of a key of this process, which makes it once; both schemes give one signature for one message. */
  make(publicKey: Uint8Array, message: Uint8Array, sign: () => Uint8Array): Uint8Array {
    const name = nameOf([publicKey, message]);
    return this.#made.get(name) ?? keep(this.#made, name, sign());
  }

  ed25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    const made = this.#made.get(nameOf([publicKey, message]));
    if (made !== undefined && equalBytes(made, signature)) return true;
    const check = () => this.#verifier.ed25519(publicKey, message, signature);
    return this.#remembered([publicKey, message, signature], check);
  }

  bls(publicKeys: readonly Uint8Array[], message: Uint8Array, signature: Uint8Array): boolean {
    return this.#remembered([...publicKeys, message, signature], () => {
      const made = publicKeys.flatMap((publicKey) => this.#made.get(nameOf([publicKey, message])) ?? []);
      const sum = made.length < publicKeys.length ? null : sumOf(made);
      if (sum !== null && equalBytes(sum, signature)) return true;
      return this.#verifier.bls(publicKeys, message, signature);
    });
  }

  #remembered(parts: readonly Uint8Array[], check: () => boolean): boolean {
    const name = nameOf(parts);
    return this.#answers.get(name) ?? keep(this.#answers, name, check());
  }
}

function sumOf(signatures: readonly Uint8Array[]): Uint8Array | null {
  const [only] = signatures;
  return signatures.length === 1 && only !== undefined ? only : aggregateBls(signatures);
}

function keep<Value>(values: Map<string, Value>, name: string, value: Value): Value {
  if (values.size >= most) values.clear();
  values.set(name, value);
  return value;
}

/** All parts have a fixed length except the number of BLS keys, which the total length tells: no two names collide. */
function nameOf(parts: readonly Uint8Array[]): string {
  return Buffer.concat(parts).toString('latin1');
}
