import { varint } from '@assay/protocol';
import { concatBytes } from '@assay/ssz';
import { MalformedMessage } from './wire.ts';

/** Most bytes that a length may have: 7 bits each. */
const maxLengthBytes = 4;

/** One message after its length, as CometBFT's sockets carry it. */
export function frameOf(message: Uint8Array): Uint8Array {
  return concatBytes([varint(message.length), message]);
}

/** Puts messages of at most so many bytes together from the pieces of a stream. */
export class Frames {
  readonly #maxBytes: number;
  #pieces: Uint8Array[] = [];
  #size = 0;
  /** Bytes until the message in hand is whole; its length may not be known yet. */
  #wanted = 1;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The messages that this piece completes. Throws MalformedMessage when one is too long or its length is none. */
  push(piece: Uint8Array): Uint8Array[] {
    this.#pieces.push(piece);
    this.#size += piece.length;
    // Pieces are put together once, when all are there.
    if (this.#size < this.#wanted) return [];
    const whole = concatBytes(this.#pieces);
    const out: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      const head = this.#head(whole.subarray(at, at + maxLengthBytes));
      this.#wanted = head === null ? whole.length - at + 1 : head.bytes + head.length;
      if (head === null || at + this.#wanted > whole.length) break;
      out.push(whole.slice(at + head.bytes, at + this.#wanted));
      at += this.#wanted;
    }
    this.#pieces = [whole.subarray(at)];
    this.#size = whole.length - at;
    return out;
  }

  /** A length and how many bytes it has; null when it is not there yet. */
  #head(start: Uint8Array): { readonly bytes: number; readonly length: number } | null {
    let length = 0;
    for (const [i, byte] of start.entries()) {
      length += (byte % 128) * 128 ** i;
      if (length > this.#maxBytes) throw tooLong(this.#maxBytes);
      if (byte < 128) return { bytes: i + 1, length };
    }
    if (start.length === maxLengthBytes) throw tooLong(this.#maxBytes);
    return null;
  }
}

function tooLong(maxBytes: number): MalformedMessage {
  return new MalformedMessage(`a message of more than ${maxBytes} bytes`);
}
