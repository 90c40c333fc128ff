import { BooleanType, ByteVectorType, type Type, UintBigintType, UintNumberType } from '@chainsafe/ssz';

const WORD = 2 ** 32;

/** One field of many values; to copy it into an array of its own costs more than to write it. */
export interface Column {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly name: string;
}

/** Where a column goes: the first value at `at`, each other one `stride` bytes after the one before. */
export interface Target {
  readonly uint8Array: Uint8Array;
  readonly dataView: DataView;
  readonly at: number;
  readonly stride: number;
}

/** Serialises a column whose values have a fixed size. The type is looked at once, not at every value. */
export function writeColumn(type: Type<unknown>, column: Column, target: Target): void {
  if (type instanceof UintNumberType) writeNumbers(type.byteLength, column, target);
  else if (type instanceof UintBigintType && type.byteLength === 8) writeUnits(column, target);
  else if (type instanceof BooleanType) writeFlags(column, target);
  else if (type instanceof ByteVectorType) writeBytes(type.lengthBytes, column, target);
  else writeValues(type, column, target);
}

function writeNumbers(byteLength: number, { rows, name }: Column, { dataView, at, stride }: Target): void {
  let place = at;
  for (const row of rows) {
    const value = row[name] as number;
    if (byteLength === 4) dataView.setUint32(place, value, true);
    else if (byteLength === 1) dataView.setUint8(place, value);
    else if (byteLength === 2) dataView.setUint16(place, value, true);
    else {
      dataView.setUint32(place, value, true);
      dataView.setUint32(place + 4, value / WORD, true);
    }
    place += stride;
  }
}

function writeUnits({ rows, name }: Column, { dataView, at, stride }: Target): void {
  let place = at;
  for (const row of rows) {
    dataView.setBigUint64(place, row[name] as bigint, true);
    place += stride;
  }
}

function writeFlags({ rows, name }: Column, { uint8Array, at, stride }: Target): void {
  let place = at;
  for (const row of rows) {
    uint8Array[place] = row[name] === true ? 1 : 0;
    place += stride;
  }
}

function writeBytes(length: number, { rows, name }: Column, { uint8Array, at, stride }: Target): void {
  let place = at;
  for (const row of rows) {
    const value = row[name] as Uint8Array;
    if (value.length !== length) throw new Error(`${value.length} bytes where ${length} belong`);
    // A call to copy so few bytes takes longer than to copy them.
    for (let i = 0; i < length; i++) uint8Array[place + i] = value[i] as number;
    place += stride;
  }
}

function writeValues(type: Type<unknown>, { rows, name }: Column, target: Target): void {
  let place = target.at;
  for (const row of rows) {
    type.value_serializeToBytes(target, place, row[name]);
    place += target.stride;
  }
}
