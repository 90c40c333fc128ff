import { LeafNode, type Node } from '@chainsafe/persistent-merkle-tree';
import { BasicType, type ByteViews } from '@chainsafe/ssz';

/** One of some words, which is one byte in SSZ; in JSON the word. Its number is read, too: older files have that. */
export class EnumType<W extends string> extends BasicType<W> {
  /** By number, the least first. */
  readonly words: readonly W[];
  readonly typeName: string;
  readonly byteLength = 1;
  readonly itemsPerChunk = 32;
  readonly fixedSize = 1;
  readonly minSize = 1;
  readonly maxSize = 1;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #byNumber: readonly (W | undefined)[];

  /** The numbers are below 256. */
  constructor(numbers: Readonly<Record<W, number>>) {
    super();
    const entries = (Object.entries(numbers) as [W, number][]).sort(([, a], [, b]) => a - b);
    this.words = entries.map(([word]) => word);
    this.typeName = this.words.join('|');
    this.#numbers = new Map(entries);
    const byNumber = new Array<W | undefined>(256).fill(undefined);
    for (const [word, number] of entries) byNumber[number] = word;
    this.#byNumber = byNumber;
  }

  /** The number that stands for a word. Throws RangeError when it is none of these. */
  numberOf(word: string): number {
    return this.#numbers.get(word) ?? this.#refuse(word);
  }

  /** Throws RangeError when no word has this number. */
  wordOf(number: number): W {
    return this.#byNumber[number] ?? this.#refuse(number);
  }

  #refuse(value: unknown): never {
    throw new RangeError(`${JSON.stringify(value)} is none of ${this.words.join(', ')}`);
  }

  defaultValue(): W {
    return this.words[0] as W;
  }
  fromJson(json: unknown): W {
    if (typeof json === 'number') return this.wordOf(json);
    return typeof json === 'string' ? this.wordOf(this.numberOf(json)) : this.#refuse(json);
  }
  toJson(word: W): W {
    return word;
  }

  override hashTreeRootInto(word: W, output: Uint8Array, offset: number): void {
    output.fill(0, offset, offset + 32);
    output[offset] = this.numberOf(word);
  }
  value_serializeToBytes({ uint8Array }: ByteViews, offset: number, word: W): number {
    uint8Array[offset] = this.numberOf(word);
    return offset + 1;
  }
  value_deserializeFromBytes({ uint8Array }: ByteViews, start: number, end: number): W {
    this.assertValidSize(end - start);
    return this.wordOf(uint8Array[start] as number);
  }

  tree_serializeToBytes({ uint8Array }: ByteViews, offset: number, node: Node): number {
    uint8Array[offset] = (node as LeafNode).getUint(1, 0);
    return offset + 1;
  }
  tree_deserializeFromBytes(data: ByteViews, start: number, end: number): Node {
    return LeafNode.fromUint32(this.numberOf(this.value_deserializeFromBytes(data, start, end)));
  }
  tree_getFromNode(leaf: LeafNode): W {
    return this.tree_getFromPackedNode(leaf, 0);
  }
  tree_setToNode(leaf: LeafNode, word: W): void {
    this.tree_setToPackedNode(leaf, 0, word);
  }
  tree_getFromPackedNode(leaf: LeafNode, index: number): W {
    return this.wordOf(leaf.getUint(1, index % this.itemsPerChunk));
  }
  tree_setToPackedNode(leaf: LeafNode, index: number, word: W): void {
    leaf.setUint(1, index % this.itemsPerChunk, this.numberOf(word));
  }
}

/** One of some words. The number of each is its index, or what a table says: a new one comes last. */
export function enumOf<const W extends string>(...words: readonly W[]): EnumType<W>;
export function enumOf<W extends string>(numbers: Readonly<Record<W, number>>): EnumType<W>;
export function enumOf<W extends string>(...given: readonly (W | Readonly<Record<W, number>>)[]): EnumType<W> {
  const [first] = given;
  if (typeof first === 'object') return new EnumType(first);
  const numbers = given.map((word, number) => [word, number]);
  return new EnumType(Object.fromEntries(numbers) as Record<W, number>);
}
