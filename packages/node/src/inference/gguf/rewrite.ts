import { open, rename, rm } from 'node:fs/promises';
import { AssayError } from '@assay/protocol';
import { type GgufHeader, type TensorInfo, type TensorType, tensorBytes, tensorTypeOf } from './format.ts';
import { readGgufHeader, readTensor } from './read.ts';
import { type TensorToWrite, writeGguf } from './write.ts';

interface Rewritten {
  readonly metadata: GgufHeader['metadata'];
  readonly tensors: readonly TensorToWrite[];
}

/**
 * Writes what `change` makes of a model file. The target appears whole or not at all. Rejects with MODEL_FILE_UNUSABLE
 * when `source` cannot be read or holds an encoding this code does not know, and with what `change` throws.
 */
export async function rewriteGguf(
  source: string,
  target: string,
  change: (header: GgufHeader, tensors: readonly TensorToWrite[]) => Rewritten,
): Promise<void> {
  const header = await readGgufHeader(source);
  const part = `${target}.part`;
  const file = await open(source, 'r');
  try {
    const stored = header.tensors.map((tensor): TensorToWrite => {
      const { name, shape } = tensor;
      const type = knownType(tensor, source);
      return { name, shape, type, data: () => readTensor(file, header, tensor, tensorBytes(type, shape)) };
    });
    const { metadata, tensors } = change(header, stored);
    const unaligned = new Map(metadata);
    unaligned.delete('general.alignment');
    await writeGguf(part, unaligned, tensors);
    await rename(part, target);
  } finally {
    await file.close();
    await rm(part, { force: true });
  }
}

function knownType(tensor: TensorInfo, source: string): TensorType {
  const type = tensorTypeOf(tensor.typeCode);
  if (type !== null) return type;
  const detail = `${source} holds ${tensor.name} in an encoding (ggml type ${tensor.typeCode}) it cannot rewrite.`;
  throw new AssayError('MODEL_FILE_UNUSABLE', detail);
}
