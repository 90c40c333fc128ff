import type { Node, Tree } from '@chainsafe/persistent-merkle-tree';
import { ByteListType, type ByteViews, CompositeType } from '@chainsafe/ssz';
import { encodeText } from './hash.ts';

/** A byte order mark is a character like any other: what is read of some bytes is written as the same bytes. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A text: a string without a lone surrogate, of at most so many bytes as UTF-8 (§1.7). On the wire and in the tree it
 * is the list of those bytes; other bytes are refused there with an Error, and so is half of a character in a string.
 */
export class TextType extends CompositeType<string, string, string> {
  readonly #bytes: ByteListType;
  readonly limitBytes: number;
  readonly typeName: string;
  readonly depth: number;
  readonly maxChunkCount: number;
  readonly maxSize: number;
  readonly minSize = 0;
  readonly fixedSize = null;
  readonly isList = true;
  readonly isViewMutable = false;

  constructor(limitBytes: number) {
    super();
    this.#bytes = new ByteListType(limitBytes);
    this.limitBytes = limitBytes;
    this.typeName = this.#bytes.typeName;
    this.depth = this.#bytes.depth;
    this.maxChunkCount = this.#bytes.maxChunkCount;
    this.maxSize = limitBytes;
  }

  /** Whether a string is such a text. */
  holds(text: string): boolean {
    return text.isWellFormed() && encodeText(text).length <= this.limitBytes;
  }
  /** As much from the beginning of a string as there is room for, in whole characters. */
  fitted(text: string): string {
    const { read } = new TextEncoder().encodeInto(text, new Uint8Array(this.limitBytes));
    return text.slice(0, read).toWellFormed();
  }

  defaultValue(): string {
    return '';
  }
  fromJson(json: unknown): string {
    if (typeof json === 'string' && this.holds(json)) return json;
    throw new Error(`${JSON.stringify(json)} is not a text of at most ${this.limitBytes} bytes`);
  }
  toJson(text: string): string {
    return text;
  }
  clone(text: string): string {
    return text;
  }
  equals(a: string, b: string): boolean {
    return a === b;
  }

  value_serializedSize(text: string): number {
    return utf8Of(text).length;
  }
  value_serializeToBytes(output: ByteViews, offset: number, text: string): number {
    return this.#bytes.value_serializeToBytes(output, offset, utf8Of(text));
  }
  value_deserializeFromBytes(data: ByteViews, start: number, end: number): string {
    return decoder.decode(this.#bytes.value_deserializeFromBytes(data, start, end));
  }
  override value_toTree(text: string): Node {
    return this.#bytes.value_toTree(utf8Of(text));
  }
  override hashTreeRootInto(text: string, output: Uint8Array, offset: number): void {
    this.#bytes.hashTreeRootInto(utf8Of(text), output, offset);
  }
  tree_serializedSize(node: Node): number {
    return this.#bytes.tree_serializedSize(node);
  }
  tree_serializeToBytes(output: ByteViews, offset: number, node: Node): number {
    return this.#bytes.tree_serializeToBytes(output, offset, node);
  }
  tree_deserializeFromBytes(data: ByteViews, start: number, end: number): Node {
    return this.#bytes.tree_deserializeFromBytes(data, start, end);
  }
  tree_getLeafGindices(rootGindex: bigint, rootNode?: Node): bigint[] {
    return this.#bytes.tree_getLeafGindices(rootGindex, rootNode);
  }

  // A text is its own view, as bytes are, and nothing lies below it.
  getView(tree: Tree): string {
    return this.tree_toValue(tree.rootNode);
  }
  getViewDU(node: Node): string {
    return this.tree_toValue(node);
  }
  commitView(text: string): Node {
    return this.value_toTree(text);
  }
  commitViewDU(text: string): Node {
    return this.value_toTree(text);
  }
  cacheOfViewDU(): void {}
  getPropertyGindex(): null {
    return null;
  }
  getPropertyType(): never {
    throw new Error('a text has no parts');
  }
  getIndexProperty(): never {
    throw new Error('a text has no parts');
  }
  protected getBlocksBytes(): never {
    throw new Error('a text is hashed by hashTreeRootInto');
  }
}

function utf8Of(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new Error(`${JSON.stringify(text)} is no text: half of a character stands alone`);
  return encodeText(text);
}
