import { rewriteGguf } from './rewrite.ts';

/** Writes the same model without some of its layers. The target appears whole or not at all; rejects like a rewrite. */
export function cutLayers(
  source: string,
  target: string,
  isCut: (layer: number, layers: number) => boolean,
): Promise<void> {
  return rewriteGguf(source, target, ({ metadata }, tensors) => {
    const changed = new Map(metadata);
    const places = new Map<number, number>();
    for (const [key, value] of metadata) {
      if (!key.endsWith('.block_count') || value.type === 'array') continue;
      const layers = Number(value.value);
      for (let layer = 0; layer < layers; layer++) if (!isCut(layer, layers)) places.set(layer, places.size);
      changed.set(key, { ...value, value: places.size });
    }
    const renamed = tensors.flatMap((tensor) => {
      const layer = /^blk\.(\d+)\./.exec(tensor.name)?.[1];
      if (layer === undefined) return [tensor];
      const place = places.get(Number(layer));
      return place === undefined ? [] : [{ ...tensor, name: tensor.name.replace(/^blk\.\d+/, `blk.${place}`) }];
    });
    return { metadata: changed, tensors: renamed };
  });
}
