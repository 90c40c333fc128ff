import { digest } from '@chainsafe/as-sha256';
import { digest64, hashInto } from '@chainsafe/persistent-merkle-tree';

/** SHA-256 of the concatenation of `parts`. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [first, second] = parts;
  if (first === undefined || parts.length > 2) return digest(concatBytes(parts));
  if (second === undefined) return digest(first);
  return first.length === 32 && second.length === 32 ? digest64(first, second) : digest(concatBytes(parts));
}

/** SHA-256 of `first` and each of `seconds`, all of 32 bytes, one after the other: many times as fast as one by one. */
export function sha256OfEach(first: Uint8Array, seconds: readonly Uint8Array[]): Uint8Array {
  const pairs = new Uint8Array(64 * seconds.length);
  for (const [i, second] of seconds.entries()) {
    pairs.set(first, 64 * i);
    pairs.set(second, 64 * i + 32);
  }
  const hashes = pairs.subarray(0, pairs.length >> 1);
  hashInto(pairs, hashes);
  return hashes;
}

/** The Merkle root that `node` leads to from its index in the tree, with the siblings on its way, lowest first. */
export function rootAlong(gindex: bigint, node: Uint8Array, path: readonly Uint8Array[]): Uint8Array {
  const bits = gindex.toString(2);
  return path.reduce((root, sibling, step) => {
    const isRight = bits[bits.length - 1 - step] === '1';
    return isRight ? sha256(sibling, root) : sha256(root, sibling);
  }, node);
}

/** One array holding `parts` in order. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** `value` as `length` little-endian bytes; `value` must be a non-negative integer below 2^53. */
export function littleEndian(value: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  writeLittleEndian(out, 0, value, length);
  return out;
}

/** Writes the same at `offset`. */
export function writeLittleEndian(output: Uint8Array, offset: number, value: number, length: number): void {
  // Halves of 32 bits: the remainder of a double takes many times as long.
  const high = (value - (value >>> 0)) / 2 ** 32;
  for (let i = 0; i < length; i++) output[offset + i] = i < 4 ? value >>> (8 * i) : i < 8 ? high >>> (8 * (i - 4)) : 0;
}

/** Eight of `bytes`, from `offset` on, as a little-endian integer. */
export function firstUint64(bytes: Uint8Array, offset = 0): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(offset, true);
}

/** A string as UTF-8; a lone surrogate becomes U+FFFD. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return utf8.encode(text);
}

/** Lower-case hexadecimal, no prefix. */
export function toHex(bytes: Uint8Array): string {
  // A string that grew piece by piece keeps the pieces, and takes thirty times its length in memory.
  const digits = new Uint8Array(2 * bytes.length);
  for (let i = 0; i < digits.length; i++) {
    const byte = bytes[i >> 1] ?? 0;
    digits[i] = hexDigits[i & 1 ? byte & 15 : byte >> 4] ?? 0;
  }
  return ascii.decode(digits);
}

const utf8 = new TextEncoder();
const hexDigits = encodeText('0123456789abcdef');
const ascii = new TextDecoder();

/** Reads hexadecimal with or without `0x`; null when `text` is not that. */
export function fromHex(text: string): Uint8Array | null {
  const digits = text.startsWith('0x') ? text.slice(2) : text;
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) return null;
  const out = new Uint8Array(digits.length >> 1);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return out;
}

/** Whether two byte strings are equal. Not constant time: for public values only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
