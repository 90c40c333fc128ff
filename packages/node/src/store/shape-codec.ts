import {
  ByName,
  ByType,
  EnumType,
  encodeText,
  enumOf,
  ListOf,
  OrNull,
  type Shape,
  type Shaped,
  SomeWord,
  sha256,
  UintType,
} from '@assay/ssz';
import { type ByteViews, Type, UintBigintType } from '@chainsafe/ssz';

/*
 * The bytes of values that have a shape. SSZ has no words, wants every list bounded and every union wrapped, and cuts
 * an integer off at the size of its field; so an integer, a length, and the index of a word or type in its list are
 * varints here. What is left of a shape are types of the protocol, in SSZ.
 */

/** Bytes that are none of this shape. */
export class NotOfShape extends Error {}

interface Codec {
  readonly write: (output: Output, value: never) => void;
  readonly read: (input: Input) => unknown;
}

/** Writes and reads values of one shape. */
export interface ShapeCodec<S> {
  /** Two shapes of which one reads what the other wrote have one layout. */
  readonly layout: Uint8Array;
  /** Throws RangeError for a value that is none of the shape. */
  encode(value: Shaped<S>): Uint8Array;
  /** Throws NotOfShape. */
  decode(bytes: Uint8Array): Shaped<S>;
}

export function codecOf<S extends Shape>(shape: S): ShapeCodec<S> {
  const { write, read } = codecFor(shape);
  return {
    layout: sha256(encodeText(JSON.stringify(layoutOf(shape)))),
    encode(value) {
      const output = new Output();
      write(output, value as never);
      return output.written();
    },
    decode(bytes) {
      const input = new Input(bytes);
      const value = read(input);
      if (input.left !== 0) throw new NotOfShape(`${input.left} bytes are left over`);
      return value as Shaped<S>;
    },
  };
}

const smallestBuffer = 512;
/** Below this a number is exact, and seven more bits cannot be lost. */
const mostExact = 2 ** 46;
/** Of the largest integer that is read: 256 bits. */
const maxVarintBytes = 37;

class Output {
  #bytes = new Uint8Array(smallestBuffer);
  #views: ByteViews = viewsOf(this.#bytes);
  #end = 0;

  /** The buffer and where so many more bytes are to be written. */
  take(size: number): [views: ByteViews, at: number] {
    const at = this.#add(size);
    return [this.#views, at];
  }

  byte(value: number): void {
    const at = this.#add(1);
    this.#bytes[at] = value;
  }

  integer(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no unsigned integer`);
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.byte(128 + (rest % 128));
    this.byte(rest);
  }

  amount(value: bigint): void {
    if (value < 0n || value >= 1n << 256n) throw new RangeError(`${value} is no amount`);
    let rest = value;
    for (; rest > Number.MAX_SAFE_INTEGER; rest >>= 7n) this.byte(128 + Number(rest & 127n));
    this.integer(Number(rest));
  }

  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }

  #add(size: number): number {
    const at = this.#end;
    this.#end += size;
    if (this.#end <= this.#bytes.length) return at;
    const grown = new Uint8Array(Math.max(this.#end, 2 * this.#bytes.length));
    grown.set(this.#bytes.subarray(0, at));
    this.#bytes = grown;
    this.#views = viewsOf(grown);
    return at;
  }
}

class Input {
  readonly #views: ByteViews;
  #at = 0;

  constructor(bytes: Uint8Array) {
    // Types slice their input, and a slice of a Buffer would be a view into it.
    this.#views = viewsOf(Uint8Array.from(bytes));
  }

  get left(): number {
    return this.#views.uint8Array.length - this.#at;
  }

  /** The buffer and where the next so many bytes begin. */
  take(size: number): [views: ByteViews, at: number] {
    if (size > this.left) throw new NotOfShape(`${size} bytes are said to follow, and ${this.left} do`);
    const at = this.#at;
    this.#at += size;
    return [this.#views, at];
  }

  byte(): number {
    const byte = this.#views.uint8Array[this.#at++];
    if (byte === undefined) throw new NotOfShape('there are too few bytes');
    return byte;
  }

  amount(): bigint | number {
    let [value, power]: [bigint | number, number] = [0, 1];
    for (let index = 0; index < maxVarintBytes; index++, power *= 128) {
      const byte = this.byte();
      const bits = byte % 128;
      value =
        typeof value === 'number' && power < mostExact
          ? value + bits * power
          : BigInt(value) + (BigInt(bits) << BigInt(7 * index));
      if (byte >= 128) continue;
      if (byte === 0 && index > 0) throw new NotOfShape('an integer has two forms');
      return value;
    }
    throw new NotOfShape('an integer has no end');
  }

  integer(): number {
    const value = Number(this.amount());
    if (!Number.isSafeInteger(value)) throw new NotOfShape('an integer is too large');
    return value;
  }

  /** How many follow, each of at least one byte. */
  count(): number {
    const count = this.integer();
    if (count > this.left) throw new NotOfShape(`${count} items cannot stand in ${this.left} bytes`);
    return count;
  }
}

function viewsOf(uint8Array: Uint8Array): ByteViews {
  return { uint8Array, dataView: new DataView(uint8Array.buffer, uint8Array.byteOffset, uint8Array.byteLength) };
}

function codecFor(shape: Shape): Codec {
  if (shape instanceof UintType) return integerCodec;
  if (shape instanceof UintBigintType) return amountCodec;
  if (shape instanceof EnumType) return wordsCodec(shape.words);
  if (shape instanceof Type) return sszCodec(shape);
  if (shape instanceof SomeWord) return textCodec;
  if (shape instanceof OrNull) return orNullCodec(codecFor(shape.inner as Shape));
  if (shape instanceof ListOf) return listCodec(codecFor(shape.item as Shape));
  if (shape instanceof ByName) return byNameCodec(codecFor(shape.value as Shape));
  if (shape instanceof ByType) return byTypeCodec(shape.types as Fields);
  return fieldsCodec(shape as Fields);
}

type Fields = Readonly<Record<string, Shape>>;

const integerCodec: Codec = {
  write: (output, value) => output.integer(value),
  read: (input) => input.integer(),
};

const amountCodec: Codec = {
  write: (output, value) => output.amount(value),
  read: (input) => BigInt(input.amount()),
};

function sszCodec(type: Type<unknown>): Codec {
  const { fixedSize } = type;
  return {
    write(output, value) {
      const size = fixedSize ?? type.value_serializedSize(value);
      if (fixedSize === null) output.integer(size);
      const [views, at] = output.take(size);
      type.value_serializeToBytes(views, at, value);
    },
    read(input) {
      const size = fixedSize ?? input.count();
      const [views, at] = input.take(size);
      try {
        return type.value_deserializeFromBytes(views, at, at + size);
      } catch (error) {
        throw new NotOfShape(String(error), { cause: error });
      }
    },
  };
}

function wordsCodec(words: readonly string[]): Codec {
  const indexes = new Map<string, number>(words.map((word, index) => [word, index]));
  return {
    write(output, word: string) {
      const index = indexes.get(word);
      if (index === undefined) throw new RangeError(`${word} is none of ${words.join(', ')}`);
      output.integer(index);
    },
    read(input) {
      const index = input.integer();
      const word = words[index];
      if (word === undefined) throw new NotOfShape(`there is no word ${index}`);
      return word;
    },
  };
}

const textCodec: Codec = {
  write(output, text: string) {
    const bytes = encodeText(text);
    output.integer(bytes.length);
    const [{ uint8Array }, at] = output.take(bytes.length);
    uint8Array.set(bytes, at);
  },
  read(input) {
    const size = input.count();
    const [{ uint8Array }, at] = input.take(size);
    return new TextDecoder().decode(uint8Array.subarray(at, at + size));
  },
};

function orNullCodec(inner: Codec): Codec {
  return {
    write(output, value) {
      output.byte(value === null ? 0 : 1);
      if (value !== null) inner.write(output, value);
    },
    read(input) {
      const is = input.byte();
      if (is > 1) throw new NotOfShape(`${is} is neither null nor something`);
      return is === 0 ? null : inner.read(input);
    },
  };
}

function listCodec(item: Codec): Codec {
  return {
    write(output, items: readonly never[]) {
      output.integer(items.length);
      for (const each of items) item.write(output, each);
    },
    read: (input) => Array.from({ length: input.count() }, () => item.read(input)),
  };
}

function byNameCodec(value: Codec): Codec {
  return {
    write(output, values: Readonly<Record<string, never>>) {
      const entries = Object.entries(values);
      output.integer(entries.length);
      for (const [name, each] of entries) {
        textCodec.write(output, name as never);
        value.write(output, each);
      }
    },
    read: (input) =>
      Object.fromEntries(Array.from({ length: input.count() }, () => [textCodec.read(input), value.read(input)])),
  };
}

function byTypeCodec(types: Fields): Codec {
  const names = wordsCodec(Object.keys(types));
  const codecs = new Map(
    Object.entries(types).map(([type, fields]) => [type, fieldsCodec({ type: enumOf(type), ...(fields as Fields) })]),
  );
  return {
    write(output, value: { readonly type: never }) {
      names.write(output, value.type);
      codecs.get(value.type)?.write(output, value as never);
    },
    read: (input) => codecs.get(names.read(input) as string)?.read(input),
  };
}

function fieldsCodec(fields: Fields): Codec {
  const codecs = Object.entries(fields).map(([name, shape]) => ({ name, ...codecFor(shape) }));
  const empty = Object.fromEntries(codecs.map(({ name }) => [name, null]));
  return {
    write(output, value: Readonly<Record<string, never>>) {
      for (const { name, write } of codecs) write(output, value[name] as never);
    },
    read(input) {
      // An object that grows field by field becomes a dictionary, which is slow.
      const value: Record<string, unknown> = { ...empty };
      for (const { name, read } of codecs) value[name] = read(input);
      return value;
    },
  };
}

/** What decides the bytes of a shape. */
function layoutOf(shape: Shape): unknown {
  if (shape instanceof EnumType) return shape.words;
  if (shape instanceof Type) return sszLayoutOf(shape);
  if (shape instanceof SomeWord) return shape.kind;
  if (shape instanceof OrNull) return [shape.kind, layoutOf(shape.inner as Shape)];
  if (shape instanceof ListOf) return [shape.kind, layoutOf(shape.item as Shape)];
  if (shape instanceof ByName) return [shape.kind, layoutOf(shape.value as Shape)];
  if (shape instanceof ByType) return [shape.kind, layoutOf(shape.types as Shape)];
  return Object.entries(shape).map(([name, field]) => [name, layoutOf(field)]);
}

function sszLayoutOf(type: Type<unknown>): unknown {
  const { typeName, elementType, fieldsEntries } = type as {
    readonly typeName: string;
    readonly elementType?: Type<unknown>;
    readonly fieldsEntries?: readonly { readonly fieldName: string; readonly fieldType: Type<unknown> }[];
  };
  if (elementType !== undefined) return [typeName, sszLayoutOf(elementType)];
  return fieldsEntries === undefined
    ? typeName
    : [typeName, ...fieldsEntries.map(({ fieldName, fieldType }) => [fieldName, sszLayoutOf(fieldType)])];
}
