/** A row that is taken out, or that goes to a later place where those that are leave room. */
export interface Move {
  readonly key: string;
  readonly from: number;
  /** Null for one that is taken out. */
  readonly to: number | null;
}

/**
 * Where the rows with a key stand. It is only ever added to, so who knows how many rows there were finds them as they
 * were then.
 */
export class Indexes {
  readonly #of: Map<string, number | number[]>;

  constructor(of: ReadonlyMap<string, number | number[]> = new Map()) {
    this.#of = new Map(of);
  }

  /** A copy in which rows have moved, which are given from the last to the first. */
  moved(moves: Iterable<Move>): Indexes {
    const copy = new Indexes(this.#of);
    for (const move of moves) copy.#move(move);
    return copy;
  }

  #move({ key, from, to }: Move): void {
    const known = this.#of.get(key);
    if (known === undefined) return;
    const at = (typeof known === 'number' ? [known] : known).flatMap((index) => {
      if (index !== from) return [index];
      return to === null ? [] : [to];
    });
    const [first] = at;
    if (first === undefined) this.#of.delete(key);
    else this.#of.set(key, at.length === 1 ? first : at);
  }

  add(key: string, index: number): void {
    const known = this.#of.get(key);
    if (known === undefined) this.#of.set(key, index);
    else if (typeof known === 'number') {
      if (known !== index) this.#of.set(key, [known, index]);
    } else if (!known.includes(index)) known.push(index);
  }

  /** The last added of the first `length` rows with a key that passes. */
  find(key: string, length: number, passes?: (index: number) => boolean): number | undefined {
    const known = this.#of.get(key);
    if (known === undefined) return undefined;
    if (typeof known !== 'number') {
      return known.findLast((index) => index < length && (passes === undefined || passes(index)));
    }
    return known < length && (passes === undefined || passes(known)) ? known : undefined;
  }

  /** Those of the first `length` rows, in the order they were added in. */
  all(key: string, length: number): readonly number[] {
    const known = this.#of.get(key);
    if (known === undefined) return [];
    return (typeof known === 'number' ? [known] : known).filter((index) => index < length);
  }
}

/** A byte string as a key of a map. */
export const keyOf = (bytes: Uint8Array): string => Reflect.apply(String.fromCharCode, null, bytes);

type KeyPart = Uint8Array | string | number;
const textOf = (part: KeyPart): string => (part instanceof Uint8Array ? keyOf(part) : String(part));

/** Values as a key of a map. Of several, one at most is a text or bytes of any length. */
export function keyOfParts(parts: readonly unknown[]): string {
  return parts.length === 1 ? textOf(parts[0] as KeyPart) : (parts as readonly KeyPart[]).map(textOf).join('/');
}
