import { GenesisModel } from '@assay/protocol';
import { z } from 'zod';
import { count, quantity, units } from './scalars.ts';
import { shapeOf } from './schema-of.ts';

export const Model = z.object({
  index: count,
  ...shapeOf(GenesisModel),
  status: z.enum(['proposed', 'accepted', 'refused']),
  proposedHeight: count,
  proposedReveals: count,
  /** The validators drawn to vote on it; empty once it is decided. */
  panel: z.array(z.object({ validator: count, vote: z.enum(['open', 'accepts', 'refuses']) })),
  voteDeadline: count,
  priceFrom: count,
  earlierPriceInUnits: units,
  earlierPriceOutUnits: units,
  epochVwu: quantity,
  epochPassed: count,
  epochFailed: count,
});
export type Model = z.infer<typeof Model>;
