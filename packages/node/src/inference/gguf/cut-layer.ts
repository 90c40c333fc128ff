import { rewriteGguf } from './rewrite.ts';

/** Writes the same model without one of its layers. The target appears whole or not at all; rejects like a rewrite. */
export function cutLayer(source: string, target: string, layer: number): Promise<void> {
  return rewriteGguf(source, target, ({ metadata }, tensors) => {
    const changed = new Map(metadata);
    for (const [key, value] of metadata) {
      if (!key.endsWith('.block_count') || value.type === 'array') continue;
      changed.set(key, { ...value, value: Number(value.value) - 1 });
    }
    const layerOf = (name: string) => Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? -1);
    const left = tensors.filter(({ name }) => layerOf(name) !== layer);
    const renamed = left.map((tensor) => {
      const own = layerOf(tensor.name);
      return own < layer ? tensor : { ...tensor, name: tensor.name.replace(/^blk\.\d+/, `blk.${own - 1}`) };
    });
    return { metadata: changed, tensors: renamed };
  });
}
