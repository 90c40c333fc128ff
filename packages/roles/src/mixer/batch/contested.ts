import { isQuorum } from '@assay/ledger';
import type { Attestation, LeastTimes, Ref } from '@assay/protocol';
import { ofReceipt } from '../attestations.ts';

/** A mixer's answer to an offer that it does not sign: what it finds invalid in it, by index. */
export interface Refusal {
  readonly mixer: Ref<'mixers'>;
  readonly invalid: readonly number[];
  /** Of those, the receipts that name less time than it heard, with the least that it signs. */
  readonly slower: readonly LeastTimes[];
  readonly reason: string;
}

/** What so many find invalid that no quorum is left for it. */
export interface Refused {
  readonly attestation: Attestation;
  readonly reasons: readonly string[];
}

interface Seats {
  readonly total: number;
  /** Those that signed, the issuer with them. */
  readonly signed: number;
}

interface Contested {
  readonly attestation: Attestation;
  readonly index: number;
  readonly against: readonly Refusal[];
}

/**
 * §14.12 What of an offer is offered again: as much as a quorum may sign of those that answered, what fewest refuse
 * before the rest. Refused is what more refuse than the committee can do without.
 */
export function sortOut(
  attestations: readonly Attestation[],
  refusals: readonly Refusal[],
  { total, signed }: Seats,
): { offered: Attestation[]; refused: Refused[] } {
  const named = refusals.map((refusal) => ({ refusal, invalid: new Set(refusal.invalid) }));
  const all = attestations.map((attestation, index): Contested => {
    const against = named.flatMap(({ refusal, invalid }) => (invalid.has(index) ? [refusal] : []));
    return { attestation, index, against };
  });
  const answered = signed + refusals.filter(({ invalid }) => invalid.length > 0).length;
  const lost = new Set<Refusal>();
  const kept = new Set<Attestation>();
  for (const { attestation, against } of all.toSorted((a, b) => a.against.length - b.against.length)) {
    const more = against.filter((refusal) => !lost.has(refusal));
    if (more.length > 0 && !isQuorum(answered - lost.size - more.length, total)) continue;
    for (const refusal of more) lost.add(refusal);
    kept.add(attestation);
  }
  const refused = all.filter(({ against }) => !isQuorum(total - against.length, total));
  return {
    offered: attestations.filter((attestation) => kept.has(attestation)),
    refused: refused.map((contested) => ({
      attestation: retimed(contested, total),
      reasons: contested.against.map(({ reason }) => reason),
    })),
  };
}

/** §15.20 A receipt with the least times for which, by their own word, enough of those that refuse it would sign. */
function retimed({ attestation, index, against }: Contested, total: number): Attestation {
  if (attestation.kind !== 'receipt') return attestation;
  const { receipt, evidence } = attestation.value;
  const wanted = against.findIndex((_, won) => isQuorum(total - against.length + won, total));
  const least = against
    .flatMap(({ slower }) => slower.filter((each) => each.index === index).slice(0, 1))
    .toSorted((a, b) => a.totalMs + a.firstTokenMs - (b.totalMs + b.firstTokenMs))
    .slice(0, wanted === -1 ? undefined : wanted);
  const firstTokenMs = Math.max(receipt.firstTokenMs, ...least.map((each) => each.firstTokenMs));
  const totalMs = Math.max(receipt.totalMs, firstTokenMs, ...least.map((each) => each.totalMs));
  return ofReceipt({ receipt: { ...receipt, firstTokenMs, totalMs }, evidence });
}
