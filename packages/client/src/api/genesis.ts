import { Genesis, Params } from '@assay/protocol';
import type { z } from 'zod';
import { schemaOf } from './schema-of.ts';

/** The parameters of a network, as the genesis file has them. */
export const ParamsJson = schemaOf(Params);
export type ParamsJson = z.infer<typeof ParamsJson>;

/** The genesis file; its tree root is the chain's genesis hash. */
export const GenesisJson = schemaOf(Genesis);
export type GenesisJson = z.infer<typeof GenesisJson>;
