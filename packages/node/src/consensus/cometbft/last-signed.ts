import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AssayError, type CometTime } from '@assay/protocol';
import { fromHex, toHex } from '@assay/ssz';
import { writeDurably } from '../../store/durable-file.ts';
import { diskFailure } from '../../store/failures.ts';

/** In CometBFT's home. */
export const lastSignedFile = 'last-signed.json';

/** Where in a height something is signed: rounds follow each other, and in each the three steps. */
export interface Place {
  readonly height: number;
  readonly round: number;
  readonly step: number;
}

/** The last that was signed. */
export interface Signed extends Place, CometTime {
  /** The signed bytes with a time of zero, in hexadecimal. */
  readonly untimed: string;
  readonly signature: string;
}

/** A consensus key of this validator, and the first height it signs. */
export interface KeySpan {
  readonly fromHeight: number;
  readonly publicKey: string;
}

interface Content {
  readonly signed: Signed | null;
  /** The key in use, and the one that follows; by height. */
  readonly keys: readonly KeySpan[];
}

const nothing: Content = { signed: null, keys: [] };

/**
 * What a validator signed last and which of its keys signs when, durable before anybody has a signature. Whoever signs
 * two votes of one place loses its stake.
 */
export class LastSigned {
  readonly #path: string;
  #content: Content;

  private constructor(path: string, content: Content) {
    this.#path = path;
    this.#content = content;
  }

  /**
   * Reads the file; one that is empty is that of keys that never signed. Throws AssayError DATA_INCOMPLETE when there
   * is none although the chain has begun, and DATA_DAMAGED when it cannot be read.
   */
  static open(path: string, height: number): LastSigned {
    if (!existsSync(path)) {
      if (height === 0) return new LastSigned(path, nothing);
      const detail = `${path} says what this validator signed, and is gone. If its keys never signed, make it, empty.`;
      throw new AssayError('DATA_INCOMPLETE', detail);
    }
    const content = readFileSync(path, 'utf8');
    try {
      return new LastSigned(path, content === '' ? nothing : contentOf(JSON.parse(content)));
    } catch (cause) {
      throw new AssayError('DATA_DAMAGED', `${path} cannot be read, so nothing is signed.`, { cause });
    }
  }

  get signed(): Signed | null {
    return this.#content.signed;
  }

  /**
   * Makes the next signature durable; its place must come after the last one. Rejects with AssayError DISK_FULL or
   * DISK_FAILED.
   */
  async sign(signed: Signed): Promise<void> {
    await this.#write({ signed, keys: this.#content.keys });
  }

  /** The key that signs at a height; null before the first. */
  keyAt(height: number): Uint8Array | null {
    const span = this.#content.keys.findLast(({ fromHeight }) => fromHeight <= height);
    return span === undefined ? null : fromHex(span.publicKey);
  }

  /** Says from which height a key signs, unless that is known. Rejects as `sign` does. */
  async useKey(publicKey: Uint8Array, fromHeight: number): Promise<void> {
    const { keys, signed } = this.#content;
    const next = { fromHeight, publicKey: toHex(publicKey) };
    if (keys.at(-1)?.publicKey === next.publicKey) return;
    // Of those before it, only the one in use still signs.
    const inUse = keys.findLast((span) => span.fromHeight < fromHeight);
    await this.#write({ signed, keys: inUse === undefined ? [next] : [inUse, next] });
  }

  async #write(content: Content): Promise<void> {
    try {
      await writeDurably(this.#path, `${JSON.stringify(content, null, 2)}\n`, 0o600);
    } catch (error) {
      throw diskFailure(dirname(this.#path), error);
    }
    this.#content = content;
  }
}

function contentOf(json: Content): Content {
  const isCount = (value: unknown) => Number.isSafeInteger(value);
  const isHex = (value: unknown) => typeof value === 'string' && fromHex(value) !== null;
  const { signed, keys } = json;
  if (!keys.every((key) => isCount(key.fromHeight) && isHex(key.publicKey))) throw new Error('no keys');
  if (signed === null) return { signed, keys };
  const { height, round, step, seconds, nanos } = signed;
  if (![height, round, step, seconds, nanos].every(isCount)) throw new Error('no place');
  if (![signed.untimed, signed.signature].every(isHex)) throw new Error('no signature');
  return { signed, keys };
}
