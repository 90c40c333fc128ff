import { concatBytes, writeLittleEndian } from '@assay/ssz';

/** What protobuf writes, as far as CometBFT signs and hashes it. A field that has its default value is left out. */

const wire = { varint: 0, fixed64: 1, bytes: 2 } as const;

/** An integer of 64 bits, seven bits a byte, lowest first; a negative one as its two's complement. */
export function varint(value: number): Uint8Array {
  const out: number[] = [];
  if (value >= 0) {
    let left = value;
    for (; left >= 128; left = (left - (left % 128)) / 128) out.push((left % 128) | 128);
    return Uint8Array.of(...out, left);
  }
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 128n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return Uint8Array.of(...out, Number(rest));
}

export function varintField(field: number, value: number): Uint8Array {
  return value === 0 ? new Uint8Array() : concatBytes([tag(field, wire.varint), varint(value)]);
}

/** A non-negative integer in eight bytes. */
export function fixed64Field(field: number, value: number): Uint8Array {
  if (value === 0) return new Uint8Array();
  const bytes = new Uint8Array(8);
  writeLittleEndian(bytes, 0, value, 8);
  return concatBytes([tag(field, wire.fixed64), bytes]);
}

export function bytesField(field: number, bytes: Uint8Array): Uint8Array {
  return bytes.length === 0 ? bytes : messageField(field, [bytes]);
}

/** A message inside another, there even when it is empty. */
export function messageField(field: number, parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes([tag(field, wire.bytes), delimited(parts)]);
}

/** A message after its length. */
export function delimited(parts: readonly Uint8Array[]): Uint8Array {
  const message = concatBytes(parts);
  return concatBytes([varint(message.length), message]);
}

function tag(field: number, wireType: number): Uint8Array {
  return varint(field * 8 + wireType);
}
