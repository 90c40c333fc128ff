import { ModelRow } from '@assay/protocol';
import { z } from 'zod';
import { count } from './scalars.ts';
import { shapeOf } from './schema-of.ts';

export const Model = z.object({ index: count, ...shapeOf(ModelRow) });
export type Model = z.infer<typeof Model>;
