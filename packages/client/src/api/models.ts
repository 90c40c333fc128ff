import { ModelRow, ref } from '@assay/protocol';
import { z } from 'zod';
import { schemaOf, shapeOf } from './schema-of.ts';

export const Model = z.object({ index: schemaOf(ref('models')), ...shapeOf(ModelRow) });
export type Model = z.infer<typeof Model>;
