import { littleEndian } from './hash.ts';

/*
 * The SSZ library writes the length of a list through Node's `Buffer`. Where there is none, in a browser, this is the
 * part of it that the library uses; import it before any type is made.
 */
class LengthBuffer extends Uint8Array {
  writeUIntLE(value: number, offset: number, length: number): number {
    this.set(littleEndian(value, length), offset);
    return offset + length;
  }
}

if (!('Buffer' in globalThis)) {
  const from = (memory: ArrayBuffer, offset: number, length: number) => new LengthBuffer(memory, offset, length);
  Object.defineProperty(globalThis, 'Buffer', { value: { from }, configurable: true, writable: true });
}
