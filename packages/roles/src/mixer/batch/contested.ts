import { isQuorum } from '@assay/ledger';
import type { Attestation, LeastTimes, Ref } from '@assay/protocol';
import { ofReceipt } from '../attestations.ts';
import type { SaidTimes } from '../pending.ts';

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
  /** The least times that each said it signs. */
  readonly said: SaidTimes;
}

interface Contested {
  readonly attestation: Attestation;
  readonly index: number;
  readonly against: readonly Refusal[];
}

/** What the seats answer to the offers of one turn, and what of it is offered next (§14.12). */
export class Answers {
  /** Seats, the issuer's with them. */
  readonly #total: number;
  /** What may still be offered in this turn. */
  #left: readonly Attestation[];
  /** What each refuses that answered, without those that did not sign although it was left out. */
  readonly #named = new Map<number, ReadonlySet<Attestation>>();
  readonly #unsteady = new Set<number>();
  /** Those that sign the present offer, by their own word. */
  #counted: readonly number[] = [];

  constructor(attestations: readonly Attestation[], total: number) {
    this.#left = attestations;
    this.#total = total;
  }

  /** Hears who signed an offer and who refused it; gives what more refuse than the committee can do without. */
  hear(offer: readonly Attestation[], signers: ReadonlySet<number>, refusals: readonly Refusal[]): Refused[] {
    for (const mixer of this.#counted) {
      if (signers.has(mixer)) continue;
      this.#unsteady.add(mixer);
      this.#named.delete(mixer);
    }
    for (const mixer of signers) this.#name(mixer, []);
    for (const { mixer, invalid } of refusals) {
      const named = invalid.flatMap((index) => offer[index] ?? []);
      if (named.length > 0) this.#name(mixer, named);
    }
    const refused = refusedOf(offer, refusals, this.#total);
    const gone = new Set(refused.map(({ index }) => offer[index]));
    this.#left = this.#left.filter((each) => !gone.has(each));
    return refused.map((contested) => ({
      attestation: retimed(contested, this.#total),
      reasons: contested.against.map(({ mixer, reason }) => `mixer ${mixer}: ${reason}`),
      said: new Map(timesIn(contested).map(({ mixer, least }) => [mixer, least])),
    }));
  }

  /** As much as a quorum may sign of those that keep to what they said, without those that name the most. */
  next(): Attestation[] {
    const isQuorate = (missing: number) => isQuorum(1 + this.#named.size - missing, this.#total);
    const against = (each: Attestation) => [...this.#named].flatMap(([mixer, named]) => (named.has(each) ? mixer : []));
    const contested = this.#left.map((each) => ({ each, against: against(each) }));
    const naming = contested.flatMap((one) => (isQuorate(one.against.length) ? one.against : []));
    const lost = new Set(mostNaming(naming).filter((_, index) => isQuorate(index + 1)));
    this.#counted = [...this.#named.keys()].filter((mixer) => !lost.has(mixer));
    return contested.flatMap((one) => (one.against.every((mixer) => lost.has(mixer)) ? one.each : []));
  }

  #name(mixer: number, named: readonly Attestation[]): void {
    if (!this.#unsteady.has(mixer)) this.#named.set(mixer, new Set([...(this.#named.get(mixer) ?? []), ...named]));
  }
}

/** Each once for what it names; who names most first. */
function mostNaming(naming: readonly number[]): number[] {
  const counts = new Map<number, number>();
  for (const mixer of naming) counts.set(mixer, (counts.get(mixer) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([mixer]) => mixer);
}

function refusedOf(offer: readonly Attestation[], refusals: readonly Refusal[], total: number): Contested[] {
  const named = refusals.map((refusal) => ({ refusal, invalid: new Set(refusal.invalid) }));
  const all = offer.map((attestation, index): Contested => {
    const against = named.flatMap(({ refusal, invalid }) => (invalid.has(index) ? [refusal] : []));
    return { attestation, index, against };
  });
  return all.filter(({ against }) => !isQuorum(total - against.length, total));
}

function timesIn({ index, against }: Contested) {
  return against.flatMap(({ mixer, slower }) => {
    const least = slower.find((each) => each.index === index);
    return least === undefined ? [] : [{ mixer, least }];
  });
}

/** §15.20 A receipt with the least times for which, by their own word, enough of those that refuse it would sign. */
function retimed(contested: Contested, total: number): Attestation {
  const { attestation, against } = contested;
  if (attestation.kind !== 'receipt') return attestation;
  const { receipt, evidence } = attestation.value;
  const wanted = against.findIndex((_, won) => isQuorum(total - against.length + won, total));
  const sum = ({ firstTokenMs, totalMs }: LeastTimes) => firstTokenMs + Math.max(firstTokenMs, totalMs);
  const least = timesIn(contested)
    .map((said) => said.least)
    .toSorted((a, b) => sum(a) - sum(b))
    .slice(0, wanted === -1 ? undefined : wanted);
  const firstTokenMs = Math.max(receipt.firstTokenMs, ...least.map((each) => each.firstTokenMs));
  const totalMs = Math.max(receipt.totalMs, firstTokenMs, ...least.map((each) => each.totalMs));
  return ofReceipt({ receipt: { ...receipt, firstTokenMs, totalMs }, evidence });
}
