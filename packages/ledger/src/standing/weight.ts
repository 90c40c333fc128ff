import type { MinerRow, Params } from '@assay/protocol';
import { isqrt, PPB } from '../arithmetic/integers.ts';
import { MAX_RESULTS_OWED } from './standing.ts';

/** Routing weight of a miner: max(trust, floor) × √concurrency, the root in thousandths (§6.2). */
export function routingWeight(trustPpb: number, concurrency: number, minRoutingTrustPpb: number): bigint {
  return BigInt(Math.max(trustPpb, minRoutingTrustPpb)) * isqrt(BigInt(concurrency) * 1_000_000n);
}

type WeighedRow = Pick<MinerRow, 'status' | 'concurrency' | 'evidenceLevel' | 'resultsOwed'>;

/** Routing weight of a miner of this trust and availability: none unless it is active (§6.2). */
export function weightOf(
  { status, concurrency, evidenceLevel, resultsOwed }: WeighedRow,
  { trustPpb, availabilityPpb }: Pick<MinerRow, 'trustPpb' | 'availabilityPpb'>,
  { minRoutingTrustPpb }: Params['audit'],
): bigint {
  if (status !== 'active') return 0n;
  // §10.14 Who says that its work can be checked, and it cannot. Text alone never could, and nobody was told otherwise.
  if (evidenceLevel > 0 && resultsOwed >= MAX_RESULTS_OWED) return 0n;
  const weight = (routingWeight(trustPpb, concurrency, minRoutingTrustPpb) * BigInt(availabilityPpb)) / PPB;
  return weight > 0n ? weight : 1n;
}
