import { Genesis, Params } from '@assay/protocol';
import { z } from 'zod';
import { count, units } from './scalars.ts';
import { schemaOf } from './schema-of.ts';

/** The parameters of a network, as the genesis file has them. */
export const ParamsJson = schemaOf(Params);
export type ParamsJson = z.infer<typeof ParamsJson>;

/** The genesis file; its tree root is the chain's genesis hash. */
export const GenesisJson = schemaOf(Genesis);
export type GenesisJson = z.infer<typeof GenesisJson>;

/** What a reward period could mint when an epoch's end paid it; the epoch has null while its period goes on. */
export const EmissionRate = z.object({
  period: count,
  forMs: count,
  perDayUnits: units,
  halvings: count,
  limitUnits: units.nullable(),
  isBootstrap: z.boolean(),
});
