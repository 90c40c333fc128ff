/** Values that are copied together. */
const BITS = 7;
const WIDTH = 1 << BITS;
const MASK = WIDTH - 1;

/** A part of a tree: values, or the parts below it. Only its owner changes it. */
interface Part {
  readonly owner: object;
  readonly slots: unknown[];
}

const emptyPart = (owner: object): Part => ({ owner, slots: new Array(WIDTH).fill(undefined) });

/**
 * Values by index of which a copy costs nothing: the two share all they have, and whichever changes a value first
 * copies those beside it. So a copy after every block costs what the block changes, however many values there are.
 */
export class Rows<Value> implements Iterable<Value> {
  #owner = {};
  #root = emptyPart(this.#owner);
  /** Bits of an index below those that choose in the root. */
  #shift = 0;
  #length = 0;

  static of<Value>(values: Iterable<Value>): Rows<Value> {
    const rows = new Rows<Value>();
    for (const value of values) rows.push(value);
    return rows;
  }

  get length(): number {
    return this.#length;
  }

  get(index: number): Value | undefined {
    if (index >>> 0 !== index || index >= this.#length) return undefined;
    let part = this.#root;
    for (let shift = this.#shift; shift > 0; shift -= BITS) {
      const below = part.slots[(index >>> shift) & MASK];
      if (below === undefined) return undefined;
      part = below as Part;
    }
    return part.slots[index & MASK] as Value | undefined;
  }

  /** Puts a value at an index; those between the last and it are undefined. */
  set(index: number, value: Value): void {
    while (index >>> this.#shift >= WIDTH) {
      const root = emptyPart(this.#owner);
      root.slots[0] = this.#root;
      this.#root = root;
      this.#shift += BITS;
    }
    let part = this.#owned(this.#root);
    this.#root = part;
    for (let shift = this.#shift; shift > 0; shift -= BITS) {
      const slot = (index >>> shift) & MASK;
      const below = this.#owned(part.slots[slot] as Part | undefined);
      part.slots[slot] = below;
      part = below;
    }
    part.slots[index & MASK] = value;
    if (index >= this.#length) this.#length = index + 1;
  }

  /** Appends a value and gives its index. */
  push(value: Value): number {
    const index = this.#length;
    this.set(index, value);
    return index;
  }

  /** Lets go of the values before an index, which are not asked for any more. */
  release(before: number): void {
    this.#root = this.#released(this.#root, this.#shift, before);
  }

  /** A part without what stands below it before an index, counted from its first. */
  #released(part: Part, shift: number, before: number): Part {
    if (before <= 0) return part;
    const owned = this.#owned(part);
    const whole = before >>> shift;
    owned.slots.fill(undefined, 0, whole);
    const half = owned.slots[whole];
    if (shift > 0 && half !== undefined) {
      owned.slots[whole] = this.#released(half as Part, shift - BITS, before - whole * 2 ** shift);
    }
    return owned;
  }

  /** A copy: what becomes of either is nothing to the other. */
  copy(): Rows<Value> {
    const copy = new Rows<Value>();
    copy.#root = this.#root;
    copy.#shift = this.#shift;
    copy.#length = this.#length;
    this.#owner = {};
    return copy;
  }

  *[Symbol.iterator](): Iterator<Value> {
    for (let index = 0; index < this.#length; index++) yield this.get(index) as Value;
  }

  #owned(part: Part | undefined): Part {
    if (part === undefined) return emptyPart(this.#owner);
    return part.owner === this.#owner ? part : { owner: this.#owner, slots: part.slots.slice() };
  }
}
