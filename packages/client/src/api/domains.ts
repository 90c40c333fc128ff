import { DatedTerms } from '@assay/protocol';
import { z } from 'zod';
import { address, count } from './scalars.ts';
import { schemaOf } from './schema-of.ts';

export const Domain = z.object({
  index: count,
  name: z.string(),
  owner: address,
  /** The last of them whose `fromEpoch` has come hold; `height` is the block that set them, 0 the genesis. */
  terms: z.array(schemaOf(DatedTerms)),
  /** Operators that were admitted and have not registered yet. */
  admitted: z.array(address),
});
export type Domain = z.infer<typeof Domain>;
