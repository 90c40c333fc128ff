import { type AuditNumbers, findings } from '@assay/protocol';

/** What the numbers of one auditor say about an answer. */
export type Opinion = 'pass' | 'soft' | 'hard' | 'missing' | 'noResult';

/** What the ledger makes of all opinions. */
export type Verdict = 'pass' | 'soft' | 'hard' | 'noResult';

/** A verdict, or how many more auditors it needs; none wanted means those at work must finish first. */
export type Decision = { readonly verdict: Verdict } | { readonly verdict: null; readonly wantedAuditors: number };

const FRESH_AUDITORS = 2;
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

/**
 * Decides on an audit (§10.2, §10.4). The first opinion approves alone but never convicts alone: two fresh auditors
 * must both agree. `atWork` auditors have still to give theirs; `isExhausted` says that nobody else can be drawn, and
 * then as many as there are decide, at least one beside the first. Without that one the verdict is no-result.
 */
export function decide(opinions: readonly Opinion[], atWork: number, isExhausted: boolean): Decision {
  const counted = countedOpinions(opinions);
  const [first, ...fresh] = counted;
  const accused = first !== undefined && first !== 'pass' && !fresh.includes('pass');
  const wanted = first === undefined ? 1 - atWork : accused ? FRESH_AUDITORS - fresh.length - atWork : 0;
  if (wanted > 0 && !isExhausted) return { verdict: null, wantedAuditors: wanted };
  if (atWork > 0) return { verdict: null, wantedAuditors: 0 };
  if (first === undefined) return { verdict: 'noResult' }; // §10.4
  if (!accused) return { verdict: 'pass' };
  if (fresh.length === 0) return { verdict: 'noResult' };
  const hard = counted.filter((opinion) => opinion === 'hard').length;
  return { verdict: hard >= 2 ? 'hard' : 'soft' };
}

/** §10.2 A missing artifact counts, as a hard failure, only when two auditors attest it; alone it says nothing. */
function countedOpinions(opinions: readonly Opinion[]): Opinion[] {
  const isAttested = opinions.filter((opinion) => opinion === 'missing').length >= 2;
  return opinions
    .filter((opinion) => opinion !== 'noResult' && (opinion !== 'missing' || isAttested))
    .map((opinion) => (opinion === 'missing' ? 'hard' : opinion));
}
