import { drawings, machinePaths, map } from './documents.ts';
import { fast } from './fast.ts';
import { features } from './features.ts';
import { cycles, folders, layers } from './layers.ts';
import { manifests } from './manifests.ts';
import { hidden, names, unusedExports } from './names.ts';
import { purity, seeded } from './purity.ts';
import type { Rule } from './repository.ts';
import { sections } from './sections.ts';
import { size } from './size.ts';
import { specification } from './spec.ts';
import { texts } from './texts.ts';

/** Every rule, in the order a reader wants to hear of it. */
export const rules: readonly Rule[] = [
  layers,
  cycles,
  folders,
  purity,
  seeded,
  size,
  names,
  hidden,
  unusedExports,
  manifests,
  map,
  drawings,
  specification,
  sections,
  features,
  texts,
  fast,
  machinePaths,
];
