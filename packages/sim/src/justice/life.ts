import {
  auditRatePpb,
  EJECTION_MILLI,
  keptPpb,
  noEvidence,
  opinionOf,
  type Pooled,
  pooledAfter,
  standingAfter,
  updateTrust,
} from '@assay/ledger';
import { type AuditNumbers, noNumbers, type Params } from '@assay/protocol';
import type { RandomStream } from '@assay/roles/ports/runtime';

/** Numbers that real audits found, by what was served. */
export interface Findings {
  readonly honest: readonly AuditNumbers[];
  readonly cheating: readonly AuditNumbers[];
}

export interface LifeOptions {
  readonly params: Params;
  readonly t1ThresholdPpb: number;
  readonly findings: Findings;
  /** Requests it gets, and how many of them make an epoch. */
  readonly requests: number;
  readonly requestsPerEpoch: number;
  /** Whether it cheats in a request, by its number, and by its trust then. */
  readonly cheats: (request: number, trustPpb: number) => boolean;
  readonly random: RandomStream;
}

/** What became of a miner. */
export interface Life {
  readonly served: number;
  readonly cheated: number;
  readonly audited: number;
  /** Audits that failed: all, and of honest answers. */
  readonly failed: number;
  readonly honestFailed: number;
  /** Audits until its evidence was enough to hold it (verification §4.5); null where it never was. */
  readonly auditsUntilHeld: number | null;
}

const lot = 2 ** 32;

/**
 * The life of one miner under the ledger's own rules: audit rate, opinion, pools, evidence, trust. Each audit finds
 * what a real one found, drawn at random; all auditors find the same, so that an opinion is the verdict.
 */
export function liveMiner(options: LifeOptions): Life {
  const { params, t1ThresholdPpb, findings, requests, requestsPerEpoch, cheats, random } = options;
  const kept = keptPpb(params.audit.trustHalfLifeEpochs);
  let pool: Pooled = { mismatchesMilli: 0, surprise: noNumbers.surprise };
  let standing = { ...noEvidence, streak: 0, level: 0 };
  let record = { passedMicro: 0, failedMicro: 0, trustPpb: 0 };
  let epoch = { epochPassed: 0, epochFailed: 0 };
  const life = { served: 0, cheated: 0, audited: 0, failed: 0, honestFailed: 0 };
  while (life.served < requests) {
    const isCheat = cheats(life.served, record.trustPpb);
    life.served++;
    life.cheated += Number(isCheat);
    const facts = {
      audited: life.audited,
      trustPpb: record.trustPpb,
      evidenceLevel: 2,
      resultsOwed: 0,
      engineUnknown: false,
    };
    const ratePpb = auditRatePpb(params.audit, { ...facts, cusumMilli: standing.cusumMilli });
    if (random.int(lot) * 1e9 < ratePpb * lot) {
      const found = isCheat ? findings.cheating : findings.honest;
      const numbers = found[random.int(found.length)] ?? noNumbers;
      const opinion = opinionOf(numbers, { t1ThresholdPpb, ...pool });
      const isFailure = opinion !== 'pass';
      life.audited++;
      life.failed += Number(isFailure);
      life.honestFailed += Number(isFailure && !isCheat);
      pool = pooledAfter(pool, [numbers]);
      standing = {
        ...standing,
        ...standingAfter(standing, opinion === 'hard' || opinion === 'pass' ? opinion : 'soft'),
      };
      epoch = {
        epochPassed: epoch.epochPassed + Number(!isFailure),
        epochFailed: epoch.epochFailed + Number(isFailure),
      };
      if (standing.cusumMilli >= EJECTION_MILLI) return { ...life, auditsUntilHeld: life.audited };
    }
    if (life.served % requestsPerEpoch === 0) {
      record = updateTrust({ ...record, ...epoch, evidenceLevel: 2 }, kept);
      epoch = { epochPassed: 0, epochFailed: 0 };
    }
  }
  return { ...life, auditsUntilHeld: null };
}
