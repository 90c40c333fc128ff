import { varint } from '@assay/protocol';
import { concatBytes, encodeText } from '@assay/ssz';

/**
 * Protobuf, as far as CometBFT speaks it over a socket: a message is described once, and read and written by that. A
 * field that is missing has its initial value; one that is not described is passed over.
 */

const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const maxVarintBytes = 10;
const decoder = new TextDecoder();

/** What came is no protobuf, or not the message that belongs here. */
export class MalformedMessage extends Error {}

/** A field of a message: read as `T`, written as `W`. */
interface Field<T, W = T> {
  readonly number: number;
  initial(): T;
  read(reader: Reader, wireType: number, before: T): T;
  /** The parts of what is written, one after the other; none for the initial value. */
  write(value: W): readonly Uint8Array[];
}
type Shape = Readonly<Record<string, Field<unknown>>>;

/** A message as it is read: every field is there. */
export type MessageOf<S extends Shape> = {
  readonly [K in keyof S]: S[K] extends Field<infer T, infer _> ? T : never;
};
/** A message as it is written: what is left out has its initial value. */
export type PartsOf<S extends Shape> = {
  readonly [K in keyof S]?: S[K] extends Field<infer _, infer W> ? W | null : never;
};

/** An integer of at most 53 bits, negative ones too. */
export function int(number: number): Field<number> {
  return {
    number,
    initial: () => 0,
    read: (reader, wireType) => reader.varint(wireType),
    write: (value) => (value === 0 ? [] : [varint(number * 8 + wire.varint), varint(value)]),
  };
}

export function bytes(number: number): Field<Uint8Array> {
  return {
    number,
    initial: () => new Uint8Array(),
    // A copy: what is read outlives the memory it came in.
    read: (reader, wireType) => reader.part(wireType).slice(),
    write: (value) => (value.length === 0 ? [] : delimited(number, [value])),
  };
}

export function text(number: number): Field<string> {
  return {
    number,
    initial: () => '',
    read: (reader, wireType) => decoder.decode(reader.part(wireType)),
    write: (value) => (value === '' ? [] : delimited(number, [encodeText(value)])),
  };
}

/** A message inside another; null when it is not there. */
export function message<S extends Shape>(number: number, shape: S): Field<MessageOf<S> | null, PartsOf<S>> {
  return {
    number,
    initial: () => null,
    read: (reader, wireType) => decode(shape, reader.part(wireType)),
    write: (value) => delimited(number, partsOf(shape, value)),
  };
}

/** Any number of byte strings, empty ones too. */
export function byteStrings(number: number): Field<Uint8Array[], readonly Uint8Array[]> {
  return {
    number,
    initial: () => [],
    read: (reader, wireType, before) => added(before, reader.part(wireType).slice()),
    write: (values) => values.flatMap((value) => delimited(number, [value])),
  };
}

/** Any number of messages. */
export function messages<S extends Shape>(number: number, shape: S): Field<MessageOf<S>[], readonly PartsOf<S>[]> {
  return {
    number,
    initial: () => [],
    read: (reader, wireType, before) => added(before, decode(shape, reader.part(wireType))),
    write: (values) => values.flatMap((value) => delimited(number, partsOf(shape, value))),
  };
}

/** Reads a message. Throws MalformedMessage when the bytes are none. */
export function decode<S extends Shape>(shape: S, message: Uint8Array): MessageOf<S> {
  const fields = Object.entries(shape);
  const out: Record<string, unknown> = {};
  for (const [name, field] of fields) out[name] = field.initial();
  const reader = new Reader(message);
  while (!reader.isAtEnd) {
    const tag = reader.varint(wire.varint);
    const number = Math.floor(tag / 8);
    const found = fields.find(([, field]) => field.number === number);
    if (found === undefined) reader.skip(tag % 8);
    else out[found[0]] = found[1].read(reader, tag % 8, out[found[0]]);
  }
  return out as MessageOf<S>;
}

export function encode<S extends Shape>(shape: S, value: PartsOf<S>): Uint8Array {
  return concatBytes(partsOf(shape, value));
}

function partsOf<S extends Shape>(shape: S, value: PartsOf<S>): Uint8Array[] {
  return Object.entries(shape).flatMap(([name, field]) => {
    const part: unknown = value[name];
    return part === undefined || part === null ? [] : field.write(part);
  });
}

function delimited(number: number, parts: readonly Uint8Array[]): Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [varint(number * 8 + wire.bytes), varint(length), ...parts];
}

function added<T>(list: T[], item: T): T[] {
  list.push(item);
  return list;
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(message: Uint8Array) {
    this.#bytes = message;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  varint(wireType: number): number {
    requireType(wireType, wire.varint);
    const start = this.#at;
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new MalformedMessage('an integer is cut short');
      if (this.#at - start === maxVarintBytes) throw new MalformedMessage('an integer has more than ten bytes');
      this.#at += 1;
      value += (byte % 128) * scale;
      if (byte < 128) break;
    }
    if (Number.isSafeInteger(value)) return value;
    return this.#long(start);
  }

  /** One of more than 53 bits, as negative ones are. */
  #long(start: number): number {
    let value = 0n;
    for (let i = start; i < this.#at; i++) value |= BigInt((this.#bytes[i] ?? 0) % 128) << BigInt(7 * (i - start));
    const signed = Number(BigInt.asIntN(64, value));
    if (!Number.isSafeInteger(signed)) throw new MalformedMessage('an integer has more than 53 bits');
    return signed;
  }

  /** What a length stands before; of the memory that is read. */
  part(wireType: number): Uint8Array {
    requireType(wireType, wire.bytes);
    return this.#take(this.varint(wire.varint));
  }

  skip(wireType: number): void {
    if (wireType === wire.varint) this.varint(wireType);
    else if (wireType === wire.fixed64) this.#take(8);
    else if (wireType === wire.fixed32) this.#take(4);
    else this.part(wireType);
  }

  #take(length: number): Uint8Array {
    if (length < 0 || length > this.#bytes.length - this.#at) throw new MalformedMessage('a field is cut short');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function requireType(wireType: number, expected: number): void {
  if (wireType !== expected) throw new MalformedMessage(`a field has wire type ${wireType}, not ${expected}`);
}
