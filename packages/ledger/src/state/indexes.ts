/**
 * Where the rows with a key stand. It is only ever added to, so who knows how many rows there were finds them as they
 * were then.
 */
export class Indexes {
  readonly #of = new Map<string, number | number[]>();

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
