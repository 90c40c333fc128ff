import { HoldingRow, ModelRow, NoiseProfile, ref } from '@assay/protocol';
import { z } from 'zod';
import { count } from './scalars.ts';
import { schemaOf, shapeOf } from './schema-of.ts';

export const Model = z.object({ index: schemaOf(ref('models')), ...shapeOf(ModelRow) });
export type Model = z.infer<typeof Model>;

/** What an account has in a model: shares, those for sale, and what it backs it with. */
export const Holding = z.object({ index: count, ...shapeOf(HoldingRow) });
export type Holding = z.infer<typeof Holding>;

/** How far honest answers of one engine are from what another says of them (verification §3.3). */
export const Profile = z.object({ index: count, ...shapeOf(NoiseProfile) });
export type Profile = z.infer<typeof Profile>;
