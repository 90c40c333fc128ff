import {
  type Components,
  type DatedTerms,
  type DomainRow,
  type DomainTerms,
  limits,
  type Params,
  type Ref,
  type ResultCode,
} from '@assay/protocol';
import { ALL_BPS } from '../arithmetic/integers.ts';
import { invariant } from '../arithmetic/invariant.ts';
import { MAX_LEVEL } from '../standing/standing.ts';
import type { LedgerView } from '../state/state.ts';

export type Splits = Pick<DomainTerms, 'burnBps' | 'processorsBps' | 'validatorsBps' | 'domainBps'>;
type BurnBounds = Pick<Params['domains'], 'minBurnBps' | 'maxBurnBps'>;

/** §4.4 A name is what people type: printable ASCII without spaces, so that no two look alike. */
export function isName(name: string): boolean {
  return isPlain(name) && name.length <= limits.maxNameBytes;
}

/** Whether a text is printable ASCII without spaces, and something at all. */
export function isPlain(text: string): boolean {
  return /^[!-~]+$/.test(text);
}

/** The terms of a domain that hold in an epoch: the last whose time has come (§4.9). */
export function termsAt({ terms }: Pick<DomainRow, 'terms'>, epoch: number): Readonly<DatedTerms> {
  const inForce = terms.findLast(({ fromEpoch }) => fromEpoch <= epoch);
  invariant(inForce !== undefined, `no terms of a domain hold in epoch ${epoch}`);
  return inForce;
}

/** The terms of a domain that hold now; undefined when there is no such domain. */
export function termsOf({ domains, globals }: LedgerView, domain: Ref<'domains'>): Readonly<DatedTerms> | undefined {
  const row = domains.get(domain);
  return row && termsAt(row, globals.epoch);
}

/** The row of a new domain. */
export function domainRow(
  { name, owner, terms }: Pick<DomainRow, 'name' | 'owner'> & { readonly terms: DomainTerms },
  height: number,
): DomainRow {
  return { name, owner, terms: [{ ...terms, fromEpoch: 0, height }], admitted: [] };
}

/** The burned part of a price, moved inside the bounds of the network (§4.9). */
function boundedBurnBps(burnBps: number, { minBurnBps, maxBurnBps }: BurnBounds): number {
  return Math.min(Math.max(burnBps, minBurnBps), maxBurnBps);
}

/** How a price is divided: bounds that move later never take more than what the others leave (§4.9). */
export function splitsOf(terms: Readonly<Splits>, bounds: BurnBounds, royaltyBps: number): Splits {
  const { processorsBps, validatorsBps, domainBps } = terms;
  const others = { processorsBps, validatorsBps, domainBps };
  const leftBps = ALL_BPS - processorsBps - validatorsBps - domainBps - royaltyBps;
  return { ...others, burnBps: Math.min(boundedBurnBps(terms.burnBps, bounds), leftBps) };
}

/** The part of a price that a domain gives away before royalty and miner, basis points. */
export function splitBps(terms: Readonly<Splits>, bounds: BurnBounds): number {
  const { burnBps, processorsBps, validatorsBps, domainBps } = terms;
  return boundedBurnBps(burnBps, bounds) + processorsBps + validatorsBps + domainBps;
}

/** Whether a royalty fits the splits that hold on a domain and those to come (§4.4). */
export function fitsRoyalty(
  { domains, globals, params }: LedgerView,
  domain: Ref<'domains'>,
  royaltyBps: number,
): boolean {
  const row = domains.at(domain);
  const terms = row.terms.slice(row.terms.indexOf(termsAt(row, globals.epoch)));
  return terms.every((each) => splitBps(each, params.domains) + royaltyBps <= ALL_BPS);
}

/** The code of terms for a domain whose models take at most `royaltyBps` (§4.8). */
export function termsCode(terms: Readonly<DomainTerms>, bounds: BurnBounds, royaltyBps: number): ResultCode {
  if (splitBps(terms, bounds) + royaltyBps > ALL_BPS) return 'SPLITS_TOO_HIGH';
  if (boundedBurnBps(terms.burnBps, bounds) !== terms.burnBps) return 'BURN_OUT_OF_BOUNDS';
  if (terms.components.some((weights) => weightsBps(weights) !== ALL_BPS)) return 'BAD_WEIGHTS';
  return terms.userLevel <= MAX_LEVEL ? 'OK' : 'BAD_ADMISSION';
}

/** What the weights of a competition add up to, basis points. */
export function weightsBps(weights: Readonly<Components>): number {
  return Object.values(weights).reduce((sum, bps) => sum + bps, 0);
}

/** The highest royalty of the models of a domain that were not refused. */
export function dearestRoyaltyBps({ models }: LedgerView, domain: Ref<'domains'>): number {
  let dearest = 0;
  for (const model of models) {
    const isIts = model.domain === domain && model.status !== 'refused';
    if (isIts) dearest = Math.max(dearest, model.royaltyBps);
  }
  return dearest;
}

/** Whether a domain takes no training tasks: it is in phase 1, or the whole network is (§4.13, B11). */
export function isInferenceOnly(state: LedgerView, domain: Ref<'domains'>): boolean {
  return state.params.domains.inferenceOnly || termsOf(state, domain)?.inferenceOnly === true;
}
