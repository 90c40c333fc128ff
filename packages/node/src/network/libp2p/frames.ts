import { limits } from '@assay/protocol';
import { GrowingBytes } from '@assay/roles/growing-bytes';
import { concatBytes } from '@assay/ssz';

/** What travels on a stream: messages, how many of them were read, and that no more will come. */
export type Frame =
  | { readonly kind: 'message'; readonly message: Uint8Array }
  | { readonly kind: 'read'; readonly count: number }
  | { readonly kind: 'end' };

/** What no honest peer sends. */
export class FrameFault extends Error {}

/** A frame begins with 4 × its number + its kind, in base 128, the lowest digit first. A message's is its length. */
const kinds = { message: 0, read: 1, end: 2 } as const;
const kindBase = 4;
const digitBase = 128;
const mostDigits = 5;

export function encodeFrame(frame: Frame): Uint8Array {
  switch (frame.kind) {
    case 'message':
      return concatBytes([header(kinds.message, frame.message.length), frame.message]);
    case 'read':
      return header(kinds.read, frame.count);
    case 'end':
      return header(kinds.end, 0);
  }
}

function header(kind: number, count: number): Uint8Array {
  const digits: number[] = [];
  let rest = count * kindBase + kind;
  for (; rest >= digitBase; rest = Math.floor(rest / digitBase)) digits.push((rest % digitBase) + digitBase);
  return Uint8Array.of(...digits, rest);
}

/** Puts the frames of a stream together from whatever pieces come. It holds no more than it was given. */
export class FrameReader {
  #header = 0;
  #digits = 0;
  /** The message that is coming, and the length it will have. */
  #message: GrowingBytes | null = null;
  #length = 0;

  /** Bytes of a message that has begun. */
  get heldBytes(): number {
    return this.#message?.length ?? 0;
  }

  /** The frames that are complete with these bytes. Throws {@link FrameFault} at one that cannot be. */
  *push(bytes: Uint8Array): Generator<Frame> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#message === null) {
        const frame = this.#digit(bytes[at++] ?? 0);
        if (frame !== null) yield frame;
        continue;
      }
      const piece = bytes.subarray(at, at + this.#length - this.#message.length);
      at += piece.length;
      this.#message.push(piece);
      if (this.#message.length < this.#length) continue;
      const message = this.#message.view().slice();
      this.#message = null;
      yield { kind: 'message', message };
    }
  }

  /** Takes the next digit of a header; the frame, when that is all of it. */
  #digit(byte: number): Frame | null {
    this.#header += (byte % digitBase) * digitBase ** this.#digits;
    this.#digits++;
    if (byte >= digitBase) {
      if (this.#digits === mostDigits) throw new FrameFault('a header without end');
      return null;
    }
    const [kind, count] = [this.#header % kindBase, Math.floor(this.#header / kindBase)];
    this.#header = 0;
    this.#digits = 0;
    if (kind === kinds.read) return { kind: 'read', count };
    if (kind === kinds.end && count === 0) return { kind: 'end' };
    if (kind !== kinds.message) throw new FrameFault(`no frame has kind ${kind}`);
    if (count > limits.maxMessageBytes) throw new FrameFault(`a message of ${count} bytes is too long`);
    if (count === 0) return { kind: 'message', message: new Uint8Array(0) };
    this.#length = count;
    this.#message = new GrowingBytes();
    return null;
  }
}
