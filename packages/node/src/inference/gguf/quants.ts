import { type TensorType, tensorTypes } from './format.ts';

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
type ReadBlock = (data: Uint8Array, view: DataView, at: number, out: Float32Array, to: number) => void;

const readers: Record<BlockType, ReadBlock> = {
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

/** Numbers as Q4_0: scale = (number farthest from zero) / −8, so that this number keeps its value. */
export function quantiseQ4_0(numbers: Float32Array): Uint8Array {
  const { bytes } = tensorTypes.Q4_0;
  const out = new Uint8Array((numbers.length / blockValues) * bytes);
  const view = new DataView(out.buffer);
  for (let from = 0, at = 0; from < numbers.length; from += blockValues, at += bytes) {
    const scale = farthest(numbers, from) / -8;
    const inverse = scale === 0 ? 0 : 1 / scale;
    view.setFloat16(at, scale, true);
    for (let i = 0; i < half; i++) {
      const low = Math.min(15, Math.trunc((numbers[from + i] ?? 0) * inverse + 8.5));
      const high = Math.min(15, Math.trunc((numbers[from + half + i] ?? 0) * inverse + 8.5));
      out[at + 2 + i] = low | (high << 4);
    }
  }
  return out;
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
