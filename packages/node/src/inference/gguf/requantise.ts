import { AssayError } from '@assay/protocol';
import type { TensorInfo } from './format.ts';
import { dequantise, quantise, type WrittenType } from './quants.ts';
import { rewriteGguf } from './rewrite.ts';

/** `general.file_type` of llama.cpp for a file mostly of this encoding. */
const fileTypes: Record<WrittenType, number> = { F16: 1, Q4_0: 2, Q8_0: 7, Q5_0: 8, BF16: 32 };

/**
 * Writes the same model with its matrices in another encoding; vectors and the token embedding stay as they are,
 * since few kernels take them in four bits. The target appears whole or not at all.
 *
 * Rejects with MODEL_FILE_UNUSABLE when `source` cannot be read or holds an encoding this code does not know, or is
 * already in the target encoding.
 */
export function requantise(source: string, target: string, type: WrittenType): Promise<void> {
  return rewriteGguf(source, target, (header, tensors) => {
    const changed = tensors.map((tensor) => {
      if (!isMatrix(tensor)) return tensor;
      return { ...tensor, type, data: async () => quantise(type, dequantise(tensor.type, await tensor.data())) };
    });
    if (changed.every((tensor, i) => tensor.type === tensors[i]?.type)) {
      throw new AssayError('MODEL_FILE_UNUSABLE', `${source} is in this encoding already.`);
    }
    const metadata = new Map(header.metadata);
    return {
      metadata: metadata.set('general.file_type', { type: 'uint32', value: fileTypes[type] }),
      tensors: changed,
    };
  });
}

/** Weights of a layer: two dimensions, rows of whole blocks. */
function isMatrix({ name, shape }: Pick<TensorInfo, 'name' | 'shape'>): boolean {
  return name.startsWith('blk.') && shape.length === 2 && (shape[0] ?? 0) % 32 === 0;
}
