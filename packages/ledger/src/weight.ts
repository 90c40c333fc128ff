import { type MinerRow, minerStatuses, type Params } from '@assay/protocol';
import { isqrt } from './integers.ts';

/** Routing weight of a miner: max(trust, floor) × √concurrency, the root in thousandths (§6.2). */
export function routingWeight(trustPpb: number, concurrency: number, minRoutingTrustPpb: number): bigint {
  const trust = BigInt(Math.max(trustPpb, minRoutingTrustPpb));
  return trust * isqrt(BigInt(concurrency) * 1_000_000n);
}

/** Routing weight of a miner as it stands: none unless it is active (§6.2). */
export function weightOf(row: Readonly<MinerRow>, { minRoutingTrustPpb }: Params['audit']): bigint {
  if (row.status !== minerStatuses.active) return 0n;
  return routingWeight(row.trustPpb, row.concurrency, minRoutingTrustPpb);
}
