import { BooleanType, ByteVectorType, type Type, UintBigintType, UintNumberType } from '@chainsafe/ssz';
import { EnumType } from './enum-of.ts';

/** Memory to write to. */
export interface Output {
  readonly uint8Array: Uint8Array;
  readonly dataView: DataView;
}

/** Writes a value of one type, serialised, at an offset. */
type Writer = (output: Output, at: number, value: never) => void;

const integers: Readonly<Record<number, Writer>> = {
  1: ({ dataView }, at, value: number) => dataView.setUint8(at, value),
  2: ({ dataView }, at, value: number) => dataView.setUint16(at, value, true),
  4: ({ dataView }, at, value: number) => dataView.setUint32(at, value, true),
};
const units: Writer = ({ dataView }, at, value: bigint) => dataView.setBigUint64(at, value, true);
const flag: Writer = ({ dataView }, at, value: boolean) => dataView.setUint8(at, value ? 1 : 0);

/**
 * What writes values of a type whose size is fixed: the type is looked at once, and not for every value. Bytes of
 * another length are refused here; the library writes them.
 *
 * PERF(receipts): a twentieth of the CPU of a receipt; a value of any other type costs what the library takes.
 */
export function writerOf(type: Type<unknown>): Writer {
  const integer = type instanceof UintNumberType ? integers[type.byteLength] : undefined;
  if (integer !== undefined) return integer;
  if (type instanceof UintBigintType && type.byteLength === 8) return units;
  if (type instanceof BooleanType) return flag;
  if (type instanceof EnumType) return wordWriter(type);
  if (type instanceof ByteVectorType) return bytesWriter(type.lengthBytes);
  return (output, at, value) => type.value_serializeToBytes(output, at, value);
}

function wordWriter(type: EnumType<string>): Writer {
  return ({ uint8Array }, at, word: string) => {
    uint8Array[at] = type.numberOf(word);
  };
}

function bytesWriter(length: number): Writer {
  return ({ uint8Array }, at, value: Uint8Array) => {
    if (value.length !== length) throw new Error(`${value.length} bytes where ${length} belong`);
    uint8Array.set(value, at);
  };
}

/** One field of many values; to copy it into an array of its own costs more than to write it. */
export interface Column {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly name: string;
}

/** Where a column goes: the first value at `at`, each other one `stride` bytes after the one before. */
export interface Target extends Output {
  readonly at: number;
  readonly stride: number;
}

/** Serialises a column. */
export function writeColumn(type: Type<unknown>, { rows, name }: Column, target: Target): void {
  const write = writerOf(type);
  let offset = target.at;
  for (const row of rows) {
    write(target, offset, row[name] as never);
    offset += target.stride;
  }
}
