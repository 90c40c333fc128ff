import { cutLayers } from '@assay/node/inference/gguf/cut-layers';

/** What writes a model without a part of its layers, at least one: those in the middle. */
export function withoutLayers(part: number) {
  const isCut = (layer: number, layers: number) => {
    const count = Math.max(1, Math.floor(part * layers));
    const first = Math.floor((layers - count) / 2);
    return layer >= first && layer < first + count;
  };
  return (source: string, target: string): Promise<void> => cutLayers(source, target, isCut);
}
