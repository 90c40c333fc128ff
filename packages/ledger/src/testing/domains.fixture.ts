import type { DomainTerms, Genesis } from '@assay/protocol';

/** Terms like those of domain 0, but for `change`. */
export function domainTerms({ domains }: Genesis, change: Partial<DomainTerms> = {}): DomainTerms {
  const [first] = domains;
  if (first === undefined) throw new Error('the genesis has no domain');
  const { name: _, owner: __, ...terms } = first;
  return { ...terms, ...change };
}

/** Weights of a competition by one component alone. */
export function weighedBy(component: keyof DomainTerms['components'][number], bps = 10_000) {
  const none = {
    usageBps: 0,
    stakeBps: 0,
    hashRateBps: 0,
    feedbackBps: 0,
    vwuBps: 0,
    bandwidthBps: 0,
    computeBps: 0,
    latencyBps: 0,
    performanceBps: 0,
  };
  return [{ ...none, [component]: bps }];
}
