import { Finding } from '@assay/protocol';
import { z } from 'zod';
import { count, ppb } from './scalars.ts';

export const SurpriseJson = z.object({ surpriseMilli: count, expectedMilli: count, varianceMilli: count });

/** What an auditor measured, finding and flaw in words. */
export const AuditNumbersJson = z.object({
  finding: z.enum(Finding.words),
  positions: count,
  t1Ppb: ppb,
  argmaxMismatches: count,
  choiceMismatches: count,
  /** Of tokens that a server's own chance drew: −ln p, and mean and variance of it, thousandths of a nat. */
  surprise: SurpriseJson,
  /** Noise profile whose limits hold; null where the auditor runs the miner's engine. */
  profile: count.nullable(),
  /** Whether that profile was made of the engines of both; else only a pass says anything. */
  isPair: z.boolean(),
  /** Whether a server's own chance drew its tokens. */
  isByChance: z.boolean(),
  /** Whether the artifact names the engine that its miner had before. */
  isEarlier: z.boolean(),
  /** What makes the artifact malformed; null when nothing does. */
  flaw: z.string().nullable(),
});
export type AuditNumbersJson = z.infer<typeof AuditNumbersJson>;
