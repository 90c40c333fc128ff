import { type MinerRow, type Params, roleStatuses } from '@assay/protocol';
import { isqrt } from './integers.ts';

/** √concurrency in thousandths, by concurrency: there are few, and miners many. */
const roots: bigint[] = [];

/** Routing weight of a miner: max(trust, floor) × √concurrency, the root in thousandths (§6.2). */
export function routingWeight(trustPpb: number, concurrency: number, minRoutingTrustPpb: number): bigint {
  const trust = BigInt(Math.max(trustPpb, minRoutingTrustPpb));
  roots[concurrency] ??= isqrt(BigInt(concurrency) * 1_000_000n);
  return trust * roots[concurrency];
}

/** Routing weight of a miner with this trust: none unless it is active (§6.2). */
export function weightOf(
  { status, concurrency }: Pick<MinerRow, 'status' | 'concurrency'>,
  trustPpb: number,
  { minRoutingTrustPpb }: Params['audit'],
): bigint {
  return status === roleStatuses.active ? routingWeight(trustPpb, concurrency, minRoutingTrustPpb) : 0n;
}
