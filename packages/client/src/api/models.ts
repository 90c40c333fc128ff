import { GenesisModel, ModelStatus, ModelVote } from '@assay/protocol';
import { z } from 'zod';
import { count, units } from './scalars.ts';
import { shapeOf } from './schema-of.ts';

export const Model = z.object({
  index: count,
  ...shapeOf(GenesisModel),
  status: z.enum(ModelStatus.words),
  proposedHeight: count,
  proposedReveals: count,
  /** The validators drawn to vote on it; empty once it is decided. */
  panel: z.array(z.object({ validator: count, vote: z.enum(ModelVote.words) })),
  voteDeadline: count,
  priceFrom: count,
  earlierPriceInUnits: units,
  earlierPriceOutUnits: units,
  epochVwu: units,
  epochPassed: count,
  epochFailed: count,
});
export type Model = z.infer<typeof Model>;
