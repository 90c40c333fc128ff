import { decide, type Opinion } from '@assay/ledger';
import { limits } from '@assay/protocol';

/** What colluding validators bring about in one audit, as probabilities. */
export interface CollusionPower {
  /** All of them pass what a cheat did, and every other finds it hard. */
  readonly cheatAcquitted: number;
  readonly cheatHung: number;
  /** All of them find hard what an innocent miner did, and every other passes it. */
  readonly innocentConvicted: number;
  readonly innocentHung: number;
}

/** A rule of verdicts: decides, or says how many more auditors it asks at once. */
export type VerdictRule = (opinions: readonly Opinion[]) => 'pass' | 'failure' | 'hung' | number;

/** §10.4 with so many auditors drawn first, in a network with more validators than it will ask. */
export function ruleOf(firstAuditors: number): VerdictRule {
  return (opinions) => {
    const drawn = opinions.length;
    const panel = { firstAuditors, drawn, atWork: 0, isExhausted: drawn === limits.maxAuditorsPerTask };
    const decision = decide(opinions, panel);
    if (decision.verdict === null) return Math.min(decision.wantedAuditors, limits.maxAuditorsPerTask - drawn);
    if (decision.verdict === 'pass') return 'pass';
    return decision.verdict === 'hung' || decision.verdict === 'noResult' ? 'hung' : 'failure';
  };
}

/** What held before: one pass approved, two fresh auditors had to agree with an accusation, one denial acquitted. */
export const oldRule: VerdictRule = (opinions) => {
  if (opinions.length === 0) return 1;
  if (opinions[0] === 'pass') return 'pass';
  if (opinions.length === 1) return 2;
  return opinions.includes('pass') ? 'pass' : 'failure';
};

/** `share` of the stake colludes; each auditor is drawn of all stake, as it is among many validators. */
export function collusionPower(rule: VerdictRule, share: number): CollusionPower {
  const cheat = outcomes(rule, 1 - share);
  const innocent = outcomes(rule, share);
  return {
    cheatAcquitted: cheat.pass,
    cheatHung: cheat.hung,
    innocentConvicted: innocent.failure,
    innocentHung: innocent.hung,
  };
}

/** A part `seconds` of the audits has a second auditor from the first. */
export function mixed(one: CollusionPower, two: CollusionPower, seconds: number): CollusionPower {
  const of = (key: keyof CollusionPower) => (1 - seconds) * one[key] + seconds * two[key];
  return {
    cheatAcquitted: of('cheatAcquitted'),
    cheatHung: of('cheatHung'),
    innocentConvicted: of('innocentConvicted'),
    innocentHung: of('innocentHung'),
  };
}

type Outcomes = Record<'pass' | 'failure' | 'hung', number>;

/** How often each verdict comes out when an auditor finds a failure with this chance. */
function outcomes(rule: VerdictRule, failureChance: number, opinions: readonly Opinion[] = []): Outcomes {
  const decided = rule(opinions);
  if (typeof decided === 'string') return { pass: 0, failure: 0, hung: 0, [decided]: 1 };
  const sum: Outcomes = { pass: 0, failure: 0, hung: 0 };
  for (let failures = 0; failures <= decided; failures++) {
    const passes = decided - failures;
    const chance = ways(decided, failures) * failureChance ** failures * (1 - failureChance) ** passes;
    const more: Opinion[] = [...Array(failures).fill('hard'), ...Array(passes).fill('pass')];
    const then = outcomes(rule, failureChance, [...opinions, ...more]);
    for (const key of ['pass', 'failure', 'hung'] as const) sum[key] += chance * then[key];
  }
  return sum;
}

function ways(of: number, chosen: number): number {
  return chosen === 0 ? 1 : (ways(of, chosen - 1) * (of - chosen + 1)) / chosen;
}
