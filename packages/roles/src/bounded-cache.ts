/** Values made from byte strings, kept while they are in use; the least recently used leaves first. */
export class BoundedCache<Value extends object> {
  readonly #capacity: number;
  readonly #values = new Map<string, Value>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /**
   * The value of `bytes`, made by `make` when it is not here. Where that gives null or throws, so does this, and
   * nothing is kept.
   */
  get<Made extends Value | null>(bytes: Uint8Array, make: () => Made): Value | Made {
    const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    const value = this.#values.get(key) ?? make();
    if (value === null) return value;
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#capacity) {
      const [oldest] = this.#values.keys();
      if (oldest !== undefined) this.#values.delete(oldest);
    }
    return value;
  }
}
