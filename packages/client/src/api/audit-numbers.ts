import { Finding } from '@assay/protocol';
import { z } from 'zod';
import { count, ppb } from './scalars.ts';

/** What an auditor measured, finding and flaw in words. */
export const AuditNumbersJson = z.object({
  finding: z.enum(Finding.words),
  positions: count,
  t1Ppb: ppb,
  argmaxMismatches: count,
  choiceMismatches: count,
  /** What makes the artifact malformed; null when nothing does. */
  flaw: z.string().nullable(),
});
export type AuditNumbersJson = z.infer<typeof AuditNumbersJson>;
