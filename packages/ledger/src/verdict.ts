import { type AuditNumbers, findings, limits } from '@assay/protocol';

/** What the numbers of one auditor say about an answer. */
export type Opinion = 'pass' | 'soft' | 'hard' | 'missing' | 'noResult';
/** What the ledger makes of all opinions. */
export type Verdict = 'pass' | 'soft' | 'hard' | 'noResult' | 'hung';
/** A verdict, or how many more auditors it needs; none wanted means those at work must finish first. */
export type Decision = { readonly verdict: Verdict } | { readonly verdict: null; readonly wantedAuditors: number };

/** Where an audit stands beside the opinions it has. */
export interface Panel {
  /** Auditors that the first draw took. */
  readonly firstAuditors: number;
  /** Auditors drawn so far, those that missed a turn included. */
  readonly drawn: number;
  /** Auditors that have still to give an opinion. */
  readonly atWork: number;
  /** Nobody else can be drawn. */
  readonly isExhausted: boolean;
}

/** Passes acquit when they outnumber failures by so many, failures convict when they outnumber passes by so many. */
const ACQUITTING_LEAD = 2;
const CONVICTING_LEAD = 3;
/** What convicts where the network has no more validators to ask. */
const LAST_CONVICTING_LEAD = 2;
const HARD_FACTOR = 3;

/**
 * Reads one auditor's numbers against the model's honest limit (§10.4). Nothing maps to a pass by default.
 */
export function opinionOf({ finding, t1Ppb }: AuditNumbers, t1ThresholdPpb: number): Opinion {
  if (finding === findings.malformed) return 'hard';
  if (finding === findings.noArtifact) return 'missing';
  if (finding !== findings.checked) return 'noResult';
  if (t1Ppb <= t1ThresholdPpb) return 'pass';
  return t1Ppb > HARD_FACTOR * t1ThresholdPpb ? 'hard' : 'soft';
}

/** Decides on an audit by the table of §10.4. */
export function decide(opinions: readonly Opinion[], panel: Panel): Decision {
  const counted = countedOpinions(opinions);
  const passes = counted.filter((opinion) => opinion === 'pass').length;
  const failures = counted.length - passes;
  const wanted = opinionsWanted(passes, failures, panel) - panel.atWork;
  if (wanted > 0 && !panel.isExhausted) return { verdict: null, wantedAuditors: wanted };
  if (panel.atWork > 0) return { verdict: null, wantedAuditors: 0 };
  if (counted.length === 0) return { verdict: 'noResult' };
  if (passes > failures) return { verdict: 'pass' };
  if (failures - passes < convictingLead(panel)) return { verdict: 'hung' };
  const hard = counted.filter((opinion) => opinion === 'hard').length;
  return { verdict: hard >= 2 ? 'hard' : 'soft' };
}

/** How many more opinions could decide at the least; none when those there are decide. */
function opinionsWanted(passes: number, failures: number, { firstAuditors }: Panel): number {
  if (failures === 0) return firstAuditors - passes;
  const toAcquit = ACQUITTING_LEAD - (passes - failures);
  const toConvict = CONVICTING_LEAD - (failures - passes);
  return Math.max(0, Math.min(toAcquit, toConvict));
}

function convictingLead({ isExhausted, drawn }: Panel): number {
  return isExhausted && drawn < limits.maxAuditorsPerTask ? LAST_CONVICTING_LEAD : CONVICTING_LEAD;
}

/** §10.2 A missing artifact counts, as a hard failure, only when two auditors attest it; alone it says nothing. */
function countedOpinions(opinions: readonly Opinion[]): Opinion[] {
  const isAttested = opinions.filter((opinion) => opinion === 'missing').length >= 2;
  return opinions
    .filter((opinion) => opinion !== 'noResult' && (opinion !== 'missing' || isAttested))
    .map((opinion) => (opinion === 'missing' ? 'hard' : opinion));
}
