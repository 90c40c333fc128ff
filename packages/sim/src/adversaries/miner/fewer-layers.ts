import { open, rename, rm } from 'node:fs/promises';
import { tensorBytes, tensorTypeOf } from '@assay/node/inference/gguf/format';
import { readGgufHeader, readTensor } from '@assay/node/inference/gguf/read';
import { writeGguf } from '@assay/node/inference/gguf/write';
import { AssayError } from '@assay/protocol';

/** Writes a model with only so many of its layers: the first and the last ones, without the middle. */
export async function keepLayers(source: string, target: string, kept: (layers: number) => number): Promise<void> {
  const header = await readGgufHeader(source);
  const architecture = header.metadata.get('general.architecture');
  const key = architecture?.type === 'string' ? `${String(architecture.value)}.block_count` : '';
  const blocks = header.metadata.get(key);
  if (blocks === undefined || blocks.type === 'array') throw unusable(source, 'does not say how many layers it has');
  const layers = Number(blocks.value);
  const left = kept(layers);
  const first = Math.ceil(left / 2);
  const placeOf = (layer: number) => (layer < first ? layer : layer - (layers - left));
  const file = await open(source, 'r');
  const part = `${target}.part`;
  try {
    const tensors = header.tensors.flatMap((tensor) => {
      const layer = Number(/^blk\.(\d+)\./.exec(tensor.name)?.[1] ?? Number.NaN);
      if (layer >= first && layer < first + layers - left) return [];
      const type = tensorTypeOf(tensor.typeCode);
      if (type === null) throw unusable(source, `holds ${tensor.name} in an unknown encoding`);
      const name = tensor.name.replace(/^blk\.\d+\./, `blk.${placeOf(layer)}.`);
      const data = () => readTensor(file, header, tensor, tensorBytes(type, tensor.shape));
      return [{ name, shape: tensor.shape, type, data }];
    });
    const metadata = new Map(header.metadata);
    metadata.delete('general.alignment');
    await writeGguf(part, metadata.set(key, { ...blocks, value: left }), tensors);
    await rename(part, target);
  } finally {
    await file.close();
    await rm(part, { force: true });
  }
}

const unusable = (path: string, what: string) => new AssayError('MODEL_FILE_UNUSABLE', `${path} ${what}.`);
