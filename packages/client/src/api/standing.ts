import { RoleStatus } from '@assay/protocol';
import { z } from 'zod';
import { count, units } from './scalars.ts';

/** What a role or a miner is; `deregistered` and `ejected` are for ever, `held` until a case is decided. */
export const roleStatus = z.enum(RoleStatus.words);
/** What one mixer found of a miner in an epoch; zero is not measured. */
const report = {
  mixer: count,
  /** Challenges that it owed, and those whose answers it disputes. */
  owed: count,
  disputed: count,
  /** Output tokens of right answers per 1,000 s, and bytes per second. */
  hashRate: units,
  bandwidth: units,
  latencyMs: count,
};
/** What challenges measured of a miner: medians over mixers, then over epochs; null is not measured. */
export const measured = z.object({
  hashRate: units.nullable(),
  bandwidth: units.nullable(),
  latencyMs: count.nullable(),
  /** The last epoch it was measured in, and the reports of that one. */
  epoch: count.nullable(),
  /** Challenges that auditors found failed in it. */
  failed: count,
  reports: z.array(z.object(report)),
});
