/**
 * The GGUF container, version 3: a header of typed key-value pairs and tensor descriptions, then the tensors, each at a
 * multiple of the alignment. All numbers are little-endian. Source: ggml/docs/gguf.md of llama.cpp.
 */
export const ggufMagic = 0x46554747;
export const ggufVersion = 3;
export const defaultAlignment = 32;

/** Types of header values. */
export const valueTypes = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const;
export type ValueType = keyof typeof valueTypes;
export type ScalarType = Exclude<ValueType, 'array'>;
export type Scalar = number | bigint | boolean | string;

export type GgufValue =
  | { readonly type: ScalarType; readonly value: Scalar }
  | { readonly type: 'array'; readonly of: ScalarType; readonly values: readonly Scalar[] };

/** Tensor encodings this code can read; a block is `values` numbers in `bytes` bytes. */
export const tensorTypes = {
  F32: { code: 0, values: 1, bytes: 4 },
  F16: { code: 1, values: 1, bytes: 2 },
  Q4_0: { code: 2, values: 32, bytes: 18 },
  Q4_1: { code: 3, values: 32, bytes: 20 },
  Q5_0: { code: 6, values: 32, bytes: 22 },
  Q5_1: { code: 7, values: 32, bytes: 24 },
  Q8_0: { code: 8, values: 32, bytes: 34 },
  Q4_K: { code: 12, values: 256, bytes: 144 },
  Q5_K: { code: 13, values: 256, bytes: 176 },
  Q6_K: { code: 14, values: 256, bytes: 210 },
  BF16: { code: 30, values: 1, bytes: 2 },
} as const;
export type TensorType = keyof typeof tensorTypes;

/** The encoding with this code; null when it is one this code does not know. */
export function tensorTypeOf(code: number): TensorType | null {
  for (const [name, type] of Object.entries(tensorTypes)) if (type.code === code) return name as TensorType;
  return null;
}

/** A tensor as the header describes it. `shape[0]` runs fastest; `offset` counts from the start of the tensor data. */
export interface TensorInfo {
  readonly name: string;
  readonly shape: readonly number[];
  readonly typeCode: number;
  readonly offset: number;
}

export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly TensorInfo[];
  /** Where the tensor data begins in the file. */
  readonly dataStart: number;
  readonly alignment: number;
}

export const valuesOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** Bytes of a tensor of this encoding and shape. */
export function tensorBytes(type: TensorType, shape: readonly number[]): number {
  return (valuesOf(shape) / tensorTypes[type].values) * tensorTypes[type].bytes;
}

export const alignUp = (offset: number, alignment: number) => Math.ceil(offset / alignment) * alignment;
