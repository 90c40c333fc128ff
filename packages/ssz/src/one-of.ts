import {
  BranchNode,
  concatGindices,
  type Gindex,
  getNode,
  LeafNode,
  type Node,
} from '@chainsafe/persistent-merkle-tree';
import { type ByteViews, CompositeType, isCompositeType, type Type, type ValueOf } from '@chainsafe/ssz';

type Members = Readonly<Record<string, Type<unknown>>>;

/** A value of one of some types, and which of them. */
export type OneOf<M extends Members> = {
  [Kind in keyof M & string]: { readonly kind: Kind; readonly value: ValueOf<M[Kind]> };
}[keyof M & string];

const VALUE_GINDEX = 2n;
const SELECTOR_GINDEX = 3n;

/** An SSZ union whose selectors have names; the selector of a member is its index among them. */
export class OneOfType<M extends Members> extends CompositeType<OneOf<M>, OneOf<M>, OneOf<M>> {
  readonly members: M;
  /** Their names by selector. */
  readonly kinds: readonly (keyof M & string)[];
  readonly typeName: string;
  /** The root of the value, and the selector. */
  readonly depth = 1;
  readonly maxChunkCount = 2;
  readonly fixedSize = null;
  readonly minSize: number;
  readonly maxSize: number;
  readonly isList = true;
  // A view is the value itself, which is only ever replaced as a whole.
  readonly isViewMutable = false;
  readonly #types: readonly Type<unknown>[];
  readonly #selectors: ReadonlyMap<string, number>;

  constructor(members: M, { typeName }: { readonly typeName: string }) {
    super();
    this.members = members;
    this.kinds = Object.keys(members);
    this.typeName = typeName;
    this.#types = Object.values(members);
    this.#selectors = new Map(this.kinds.map((kind, selector) => [kind, selector]));
    this.minSize = 1 + Math.min(...this.#types.map(({ minSize }) => minSize));
    this.maxSize = 1 + Math.max(...this.#types.map(({ maxSize }) => maxSize));
  }

  /** Throws RangeError when no member has this name. */
  selectorOf(kind: string): number {
    const selector = this.#selectors.get(kind);
    if (selector === undefined) throw new RangeError(`${this.typeName} has no ${JSON.stringify(kind)}`);
    return selector;
  }

  #typeAt(selector: number): Type<unknown> {
    const type = this.#types[selector];
    if (type === undefined) {
      throw new RangeError(`${selector} selects nothing of ${this.typeName}; at most ${this.#types.length - 1} does`);
    }
    return type;
  }

  #typeOf({ kind }: OneOf<M>): Type<unknown> {
    return this.#typeAt(this.selectorOf(kind));
  }

  #of(selector: number, value: unknown): OneOf<M> {
    return { kind: this.kinds[selector], value } as OneOf<M>;
  }

  defaultValue(): OneOf<M> {
    return this.#of(0, this.#typeAt(0).defaultValue());
  }
  clone(value: OneOf<M>): OneOf<M> {
    return { ...value, value: this.#typeOf(value).clone(value.value) } as OneOf<M>;
  }
  equals(a: OneOf<M>, b: OneOf<M>): boolean {
    return a.kind === b.kind && this.#typeOf(a).equals(a.value, b.value);
  }

  value_serializedSize(value: OneOf<M>): number {
    return 1 + this.#typeOf(value).value_serializedSize(value.value);
  }
  value_serializeToBytes(output: ByteViews, offset: number, { kind, value }: OneOf<M>): number {
    const selector = this.selectorOf(kind);
    output.uint8Array[offset] = selector;
    return this.#typeAt(selector).value_serializeToBytes(output, offset + 1, value);
  }
  value_deserializeFromBytes(data: ByteViews, start: number, end: number, reuseBytes?: boolean): OneOf<M> {
    const selector = selectorIn(data, start, end);
    return this.#of(selector, this.#typeAt(selector).value_deserializeFromBytes(data, start + 1, end, reuseBytes));
  }
  protected getBlocksBytes({ kind, value }: OneOf<M>): Uint8Array {
    const selector = this.selectorOf(kind);
    const blocks = new Uint8Array(64);
    this.#typeAt(selector).hashTreeRootInto(value, blocks, 0);
    blocks[32] = selector;
    return blocks;
  }

  fromJson(json: unknown): OneOf<M> {
    const { kind, value } = Object(json) as { readonly kind?: unknown; readonly value?: unknown };
    if (typeof kind !== 'string' || !this.#selectors.has(kind)) {
      throw new Error(`${JSON.stringify(kind)} is no kind of ${this.typeName}: ${this.kinds.join(', ')}`);
    }
    const selector = this.selectorOf(kind);
    return this.#of(selector, this.#typeAt(selector).fromJson(value));
  }
  toJson(value: OneOf<M>): { kind: string; value: unknown } {
    return { kind: value.kind, value: this.#typeOf(value).toJson(value.value) };
  }

  tree_serializedSize(node: Node): number {
    return 1 + this.#typeAt(selectorOf(node)).tree_serializedSize(node.left);
  }
  tree_serializeToBytes(output: ByteViews, offset: number, node: Node): number {
    const selector = selectorOf(node);
    output.uint8Array[offset] = selector;
    return this.#typeAt(selector).tree_serializeToBytes(output, offset + 1, node.left);
  }
  tree_deserializeFromBytes(data: ByteViews, start: number, end: number): Node {
    const selector = selectorIn(data, start, end);
    const value = this.#typeAt(selector).tree_deserializeFromBytes(data, start + 1, end);
    return new BranchNode(value, LeafNode.fromUint32(selector));
  }
  getView({ rootNode }: { readonly rootNode: Node }): OneOf<M> {
    return this.tree_toValue(rootNode);
  }
  getViewDU(node: Node): OneOf<M> {
    return this.tree_toValue(node);
  }
  commitView(view: OneOf<M>): Node {
    return this.value_toTree(view);
  }
  commitViewDU(view: OneOf<M>): Node {
    return this.value_toTree(view);
  }
  cacheOfViewDU(): undefined {}

  tree_getLeafGindices(root: Gindex, node?: Node): Gindex[] {
    if (node === undefined) throw new Error(`the leaves of ${this.typeName} depend on its value`);
    const type = this.#typeAt(selectorOf(node));
    const value = concatGindices([root, VALUE_GINDEX]);
    const leaves = isCompositeType(type) ? type.tree_getLeafGindices(value, getNode(node, VALUE_GINDEX)) : [value];
    return [concatGindices([root, SELECTOR_GINDEX]), ...leaves];
  }
  getPropertyGindex(property: string | number): Gindex | null {
    return property === 'value' ? VALUE_GINDEX : null;
  }
  getPropertyType(): never {
    throw new Error(`the type inside ${this.typeName} depends on its value`);
  }
  getIndexProperty(index: number): string | null {
    return index === 0 ? 'value' : null;
  }
}

function selectorIn({ uint8Array }: ByteViews, start: number, end: number): number {
  if (end <= start) throw new Error('a union needs at least its selector');
  return uint8Array[start] as number;
}

function selectorOf(node: Node): number {
  return (node.right as LeafNode).getUint(4, 0);
}

/** One of some types, by name. The selector of each is its index: a new one comes last. */
export function oneOf<M extends Members>(members: M, options: { readonly typeName: string }): OneOfType<M> {
  return new OneOfType(members, options);
}
