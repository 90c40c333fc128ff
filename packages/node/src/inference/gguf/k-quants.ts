/**
 * Block encodings of ggml with two levels of scales (ggml-quants.c): 256 numbers share a scale, each 32 or 16 of them
 * another one. Most files that people share hold them.
 */
export type KType = 'Q4_K' | 'Q5_K' | 'Q6_K';

/** Reads the block that begins at `at`, of bytes and a view of them. */
export type ReadBlock = (data: Uint8Array, view: DataView, at: number, out: Float32Array, to: number) => void;

const groups = 8;
const groupValues = 32;

/** Scale and minimum of one group of Q4_K and Q5_K, six bits each, of the twelve bytes that hold all of them. */
function packedScale(data: Uint8Array, at: number, group: number): { scale: number; minimum: number } {
  const byte = (index: number) => data[at + index] ?? 0;
  if (group < 4) return { scale: byte(group) & 63, minimum: byte(group + 4) & 63 };
  return {
    scale: (byte(group + 4) & 15) | ((byte(group - 4) >> 6) << 4),
    minimum: (byte(group + 4) >> 4) | ((byte(group) >> 6) << 4),
  };
}

/** Nibbles from a byte on, two groups to 32 bytes; fifth bits, if any, in 32 bytes, a bit for each group. */
const packedReader =
  (levelsFrom: number, fifthFrom: number | null): ReadBlock =>
  (data, view, at, out, to) => {
    const [scale, minimum] = [view.getFloat16(at, true), view.getFloat16(at + 2, true)];
    for (let group = 0; group < groups; group++) {
      const packed = packedScale(data, at + 4, group);
      for (let i = 0; i < groupValues; i++) {
        const byte = data[at + levelsFrom + (group >> 1) * groupValues + i] ?? 0;
        const fifth = fifthFrom === null ? 0 : ((data[at + fifthFrom + i] ?? 0) >> group) & 1;
        const level = (group % 2 === 0 ? byte & 15 : byte >> 4) | (fifth << 4);
        out[to + group * groupValues + i] = scale * packed.scale * level - minimum * packed.minimum;
      }
    }
  };

/** Four bits of each number, then two more, then the scales of each 16, then that of all. */
const readQ6: ReadBlock = (data, view, at, out, to) => {
  const scale = view.getFloat16(at + 208, true);
  for (let i = 0; i < 256; i++) {
    const [half, quarter, place] = [i >> 7, (i >> 5) & 3, i & 31];
    const low = data[at + half * 64 + (quarter & 1) * 32 + place] ?? 0;
    const high = data[at + 128 + half * 32 + place] ?? 0;
    const level = ((quarter < 2 ? low & 15 : low >> 4) | (((high >> (2 * quarter)) & 3) << 4)) - 32;
    out[to + i] = scale * view.getInt8(at + 192 + (i >> 4)) * level;
  }
};

export const kReaders: Readonly<Record<KType, ReadBlock>> = {
  Q4_K: packedReader(16, null),
  Q5_K: packedReader(48, 16),
  Q6_K: readQ6,
};
