import { open } from 'node:fs/promises';
import {
  alignUp,
  defaultAlignment,
  type GgufValue,
  ggufMagic,
  ggufVersion,
  type Scalar,
  type ScalarType,
  type TensorType,
  tensorBytes,
  tensorTypes,
  valueTypes,
} from './format.ts';

/** A tensor to write; `data` is asked for when its turn comes, so only one is in memory. */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: TensorType;
  readonly data: () => Promise<Uint8Array> | Uint8Array;
}

/** Writes a GGUF file. Rejects with the error of the file system. */
export async function writeGguf(
  path: string,
  metadata: ReadonlyMap<string, GgufValue>,
  tensors: readonly TensorToWrite[],
): Promise<void> {
  const header = headerBytes(metadata, tensors);
  const file = await open(path, 'w');
  try {
    await file.write(padded(header));
    for (const tensor of tensors) {
      const data = await tensor.data();
      const expected = tensorBytes(tensor.type, tensor.shape);
      if (data.length !== expected)
        throw new Error(`tensor ${tensor.name}: ${data.length} bytes, expected ${expected}`);
      await file.write(padded(data));
    }
  } finally {
    await file.close();
  }
}

function headerBytes(metadata: ReadonlyMap<string, GgufValue>, tensors: readonly TensorToWrite[]): Buffer {
  const parts = [uint32(ggufMagic), uint32(ggufVersion), uint64(tensors.length), uint64(metadata.size)];
  for (const [key, value] of metadata) parts.push(scalarBytes('string', key), valueBytes(value));
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    parts.push(scalarBytes('string', name), uint32(shape.length), ...shape.map(uint64));
    parts.push(uint32(tensorTypes[type].code), uint64(offset));
    offset += alignUp(tensorBytes(type, shape), defaultAlignment);
  }
  return Buffer.concat(parts);
}

function valueBytes(value: GgufValue): Buffer {
  if (value.type !== 'array')
    return Buffer.concat([uint32(valueTypes[value.type]), scalarBytes(value.type, value.value)]);
  const items = value.values.map((item) => scalarBytes(value.of, item));
  return Buffer.concat([uint32(valueTypes.array), uint32(valueTypes[value.of]), uint64(items.length), ...items]);
}

function scalarBytes(type: ScalarType, value: Scalar): Buffer {
  switch (type) {
    case 'uint8':
    case 'bool':
      return Buffer.from([Number(value)]);
    case 'int8':
      return Buffer.from([Number(value) & 0xff]);
    case 'uint16':
    case 'int16':
      return Buffer.from(Uint16Array.of(Number(value)).buffer);
    case 'uint32':
      return uint32(Number(value));
    case 'int32':
      return Buffer.from(Int32Array.of(Number(value)).buffer);
    case 'float32':
      return Buffer.from(Float32Array.of(Number(value)).buffer);
    case 'float64':
      return Buffer.from(Float64Array.of(Number(value)).buffer);
    case 'uint64':
      return uint64(BigInt(value));
    case 'int64':
      return Buffer.from(BigInt64Array.of(BigInt(value)).buffer);
    case 'string': {
      const text = Buffer.from(String(value));
      return Buffer.concat([uint64(text.length), text]);
    }
  }
}

function uint32(value: number): Buffer {
  return Buffer.from(Uint32Array.of(value).buffer);
}

function uint64(value: number | bigint): Buffer {
  return Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
}

function padded(data: Uint8Array): Buffer {
  return Buffer.concat([data], alignUp(data.length, defaultAlignment));
}
