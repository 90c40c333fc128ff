const firstBytes = 1024;

/** Bytes that only grow, in one buffer: adding to them costs what is added. */
export class GrowingBytes {
  #buffer = new Uint8Array(firstBytes);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#buffer.length));
      larger.set(this.view());
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }

  /** Those from `start` to before `end`, valid until more are pushed. */
  view(start = 0, end = this.#length): Uint8Array {
    return this.#buffer.subarray(start, Math.min(end, this.#length));
  }
}
