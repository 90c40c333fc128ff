import { DomainRow, ref } from '@assay/protocol';
import { z } from 'zod';
import { schemaOf, shapeOf } from './schema-of.ts';

/** The last of its `terms` whose `fromEpoch` has come hold; `height` is the block that set them, 0 the genesis. */
export const Domain = z.object({ index: schemaOf(ref('domains')), ...shapeOf(DomainRow) });
export type Domain = z.infer<typeof Domain>;
