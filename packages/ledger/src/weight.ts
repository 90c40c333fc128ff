import { isqrt } from './integers.ts';

/** Routing weight of a miner: max(trust, floor) × √concurrency, the root in thousandths (§6.2). */
export function routingWeight(trustPpb: number, concurrency: number, minRoutingTrustPpb: number): bigint {
  const trust = BigInt(Math.max(trustPpb, minRoutingTrustPpb));
  return trust * isqrt(BigInt(concurrency) * 1_000_000n);
}
