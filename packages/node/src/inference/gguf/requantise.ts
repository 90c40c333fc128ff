import { open, rename, rm } from 'node:fs/promises';
import { AssayError } from '@assay/protocol';
import { type GgufHeader, type TensorInfo, type TensorType, tensorBytes, tensorTypeOf } from './format.ts';
import { dequantise, quantiseQ4_0 } from './quants.ts';
import { readGgufHeader, readTensor } from './read.ts';
import { type TensorToWrite, writeGguf } from './write.ts';

/** `general.file_type` of llama.cpp for a file mostly of this encoding. */
const fileTypes = { Q4_0: 2 } as const;

/**
 * Writes the same model with its matrices in another encoding; vectors and the token embedding stay as they are,
 * since few kernels take them in four bits. The target appears whole or not at all.
 *
 * Rejects with MODEL_FILE_UNUSABLE when `source` cannot be read or holds an encoding this code does not know, or is
 * already in the target encoding.
 */
export async function requantise(source: string, target: string, type: 'Q4_0'): Promise<void> {
  const header = await readGgufHeader(source);
  const part = `${target}.part`;
  const file = await open(source, 'r');
  try {
    const tensors = header.tensors.map((tensor): TensorToWrite => {
      const from = knownType(tensor, source);
      const read = () => readTensor(file, header, tensor, tensorBytes(from, tensor.shape));
      const { name, shape } = tensor;
      if (!isMatrix(tensor)) return { name, shape, type: from, data: read };
      return { name, shape, type, data: async () => quantiseQ4_0(dequantise(from, await read())) };
    });
    requireChange(header, tensors, source);
    await writeGguf(part, relabelled(header, type), tensors);
    await rename(part, target);
  } finally {
    await file.close();
    await rm(part, { force: true });
  }
}

/** Weights of a layer: two dimensions, rows of whole blocks. */
function isMatrix({ name, shape }: TensorInfo): boolean {
  return name.startsWith('blk.') && shape.length === 2 && (shape[0] ?? 0) % 32 === 0;
}

function knownType(tensor: TensorInfo, source: string): TensorType {
  const type = tensorTypeOf(tensor.typeCode);
  if (type !== null) return type;
  const detail = `${source} holds ${tensor.name} in an encoding (ggml type ${tensor.typeCode}) it cannot requantise.`;
  throw new AssayError('MODEL_FILE_UNUSABLE', detail);
}

function requireChange(header: GgufHeader, tensors: readonly TensorToWrite[], source: string): void {
  const isChanged = tensors.some((tensor, i) => tensor.type !== tensorTypeOf(header.tensors[i]?.typeCode ?? -1));
  if (isChanged) return;
  throw new AssayError('MODEL_FILE_UNUSABLE', `${source} is in this encoding already.`);
}

function relabelled({ metadata }: GgufHeader, type: keyof typeof fileTypes): GgufHeader['metadata'] {
  const changed = new Map(metadata);
  changed.delete('general.alignment');
  return changed.set('general.file_type', { type: 'uint32', value: fileTypes[type] });
}
