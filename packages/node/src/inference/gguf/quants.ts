import { type TensorType, tensorTypes } from './format.ts';
import { kReaders, type ReadBlock } from './k-quants.ts';

/**
 * Block encodings of ggml (ggml-quants.c): 32 numbers share a scale, some also a minimum. Nibble i of a block holds
 * number i, its upper half number i + 16; the fifth bits of Q5 lie in a 32-bit word.
 */
const blockValues = 32;
const half = blockValues / 2;

interface Block {
  readonly scale: number;
  /** Subtracted from each level before the scale. */
  readonly zero: number;
  readonly minimum: number;
}

/** Levels of 4 bits at `at`, with a fifth bit each in `fifth`. */
function readNibbles(data: Uint8Array, at: number, fifth: number, block: Block, out: Float32Array, to: number): void {
  const { scale, zero, minimum } = block;
  for (let i = 0; i < half; i++) {
    const byte = data[at + i] ?? 0;
    const low = (byte & 0x0f) | (((fifth >>> i) & 1) << 4);
    const high = (byte >> 4) | (((fifth >>> (i + half)) & 1) << 4);
    out[to + i] = scale * (low - zero) + minimum;
    out[to + half + i] = scale * (high - zero) + minimum;
  }
}

type BlockType = Exclude<TensorType, 'F32' | 'F16' | 'BF16'>;

const readers: Record<BlockType, ReadBlock> = {
  ...kReaders,
  Q4_0: (data, view, at, out, to) => {
    readNibbles(data, at + 2, 0, { scale: view.getFloat16(at, true), zero: 8, minimum: 0 }, out, to);
  },
  Q4_1: (data, view, at, out, to) => {
    const block = { scale: view.getFloat16(at, true), zero: 0, minimum: view.getFloat16(at + 2, true) };
    readNibbles(data, at + 4, 0, block, out, to);
  },
  Q5_0: (data, view, at, out, to) => {
    const block = { scale: view.getFloat16(at, true), zero: 16, minimum: 0 };
    readNibbles(data, at + 6, view.getUint32(at + 2, true), block, out, to);
  },
  Q5_1: (data, view, at, out, to) => {
    const block = { scale: view.getFloat16(at, true), zero: 0, minimum: view.getFloat16(at + 2, true) };
    readNibbles(data, at + 8, view.getUint32(at + 4, true), block, out, to);
  },
  Q8_0: (_, view, at, out, to) => {
    const scale = view.getFloat16(at, true);
    for (let i = 0; i < blockValues; i++) out[to + i] = scale * view.getInt8(at + 2 + i);
  },
};

/** The numbers of a tensor. */
export function dequantise(type: TensorType, data: Uint8Array): Float32Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const { values, bytes } = tensorTypes[type];
  const out = new Float32Array((data.length / bytes) * values);
  if (type === 'F32') for (let i = 0; i < out.length; i++) out[i] = view.getFloat32(i * 4, true);
  else if (type === 'F16') for (let i = 0; i < out.length; i++) out[i] = view.getFloat16(i * 2, true);
  else if (type === 'BF16') bfloat16(view, out);
  else for (let at = 0, to = 0; to < out.length; at += bytes, to += values) readers[type](data, view, at, out, to);
  return out;
}

/** Encodings that a model can be written in. */
export type WrittenType = 'F16' | 'BF16' | 'Q8_0' | 'Q5_0' | 'Q4_0';
type WriteBlock = (numbers: Float32Array, from: number, view: DataView, at: number) => void;

const writers: Record<WrittenType, WriteBlock> = {
  F16: (numbers, from, view, at) => view.setFloat16(at, numbers[from] ?? 0, true),
  BF16: (numbers, from, view, at) => view.setUint16(at, bfloat16Of(numbers[from] ?? 0), true),
  Q8_0: (numbers, from, view, at) => {
    const scale = Math.abs(farthest(numbers, from)) / 127;
    view.setFloat16(at, scale, true);
    const inverse = scale === 0 ? 0 : 1 / scale;
    for (let i = 0; i < blockValues; i++) view.setInt8(at + 2 + i, Math.round((numbers[from + i] ?? 0) * inverse));
  },
  Q5_0: (numbers, from, view, at) => {
    const levels = levelsOf(numbers, from, 32);
    view.setFloat16(at, levels.scale, true);
    view.setUint32(at + 2, levels.values.reduce((word, level, i) => word | ((level >> 4) << i), 0) >>> 0, true);
    writeNibbles(levels.values, view, at + 6);
  },
  Q4_0: (numbers, from, view, at) => {
    const levels = levelsOf(numbers, from, 16);
    view.setFloat16(at, levels.scale, true);
    writeNibbles(levels.values, view, at + 2);
  },
};

/** Numbers in another encoding, rounded as ggml rounds them. */
export function quantise(type: WrittenType, numbers: Float32Array): Uint8Array {
  const { values, bytes } = tensorTypes[type];
  const out = new Uint8Array((numbers.length / values) * bytes);
  const view = new DataView(out.buffer);
  for (let from = 0, at = 0; from < numbers.length; from += values, at += bytes) writers[type](numbers, from, view, at);
  return out;
}

/** Levels around their middle; scale = (number farthest from zero) / −middle, so that this number keeps its value. */
function levelsOf(numbers: Float32Array, from: number, count: number): { scale: number; values: Uint8Array } {
  const middle = count / 2;
  const scale = farthest(numbers, from) / -middle;
  const inverse = scale === 0 ? 0 : 1 / scale;
  const values = Uint8Array.from({ length: blockValues }, (_, i) =>
    Math.min(count - 1, Math.trunc((numbers[from + i] ?? 0) * inverse + middle + 0.5)),
  );
  return { scale, values };
}

function writeNibbles(levels: Uint8Array, view: DataView, at: number): void {
  for (let i = 0; i < half; i++) view.setUint8(at + i, ((levels[i] ?? 0) & 15) | (((levels[half + i] ?? 0) & 15) << 4));
}

/** The number of a block that is farthest from zero, with its sign. */
function farthest(numbers: Float32Array, from: number): number {
  let far = 0;
  for (let i = from; i < from + blockValues; i++) {
    const number = numbers[i] ?? 0;
    if (Math.abs(number) > Math.abs(far)) far = number;
  }
  return far;
}

function bfloat16(view: DataView, out: Float32Array): void {
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < bits.length; i++) bits[i] = view.getUint16(i * 2, true) << 16;
}

const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);

/** The upper half of a number's bits, rounded to the nearest, in a tie to the even one. */
function bfloat16Of(number: number): number {
  float[0] = number;
  const bits = floatBits[0] ?? 0;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}
