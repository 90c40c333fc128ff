import { z } from 'zod';
import { address } from './scalars.ts';

/** A role of this process. */
export const LocalRole = z.object({
  name: z.string(),
  kind: z.enum(['gateway', 'mixer', 'miner', 'oracle', 'validator']),
  address,
  running: z.boolean(),
  /** Whether it signs with the key that the chain has for it; else it does nothing that counts. */
  hasKey: z.boolean(),
});
export type LocalRole = z.infer<typeof LocalRole>;
export const LocalRoles = z.object({ roles: z.array(LocalRole) });
export type LocalRoles = z.infer<typeof LocalRoles>;
