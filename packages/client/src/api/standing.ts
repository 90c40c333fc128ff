import { MeasureReport } from '@assay/protocol';
import { z } from 'zod';
import { count, quantity } from './scalars.ts';
import { schemaOf } from './schema-of.ts';

/** What challenges measured of a miner: medians over mixers, then over epochs; null is not measured. */
export const measured = z.object({
  hashRate: quantity.nullable(),
  bandwidth: quantity.nullable(),
  latencyMs: count.nullable(),
  /** The last epoch it was measured in, and the reports of that one. */
  epoch: count.nullable(),
  /** Challenges that auditors found failed in it. */
  failed: count,
  reports: z.array(schemaOf(MeasureReport)),
});
