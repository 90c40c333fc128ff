import { z } from 'zod';
import { address, count } from './scalars.ts';

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

/** The requests that wait at one mixer of this process for a miner of a domain (§5.25). */
export const MixerQueue = z.object({
  mixer: count,
  waiting: count,
  /** How long the one that has waited longest waits, milliseconds; null when none does. */
  oldestMs: count.nullable(),
  models: z.array(
    z.object({
      model: count,
      name: z.string(),
      /** Tasks that its miners do at once for this mixer, and those in hand. */
      slots: count,
      inHand: count,
      waiting: count,
      /** How long a request that comes now is taken to wait, milliseconds. */
      waitMs: count,
    }),
  ),
  payers: z.array(z.object({ payer: address, waiting: count, inHand: count })),
});
export type MixerQueue = z.infer<typeof MixerQueue>;
export const DomainQueue = z.object({
  domain: count,
  /** Of one mixer. */
  maxWaiting: count,
  maxWaitMs: count,
  mixers: z.array(MixerQueue),
});
export type DomainQueue = z.infer<typeof DomainQueue>;
