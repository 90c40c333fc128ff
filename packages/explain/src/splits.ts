import { type ClosedBooks, splitsOf, termsAt } from '@assay/ledger';
import { addressText, type DatedTerms, type Payout, type Ref } from '@assay/protocol';
import type { Step } from './explanation.ts';

const ALL_BPS = 10_000;

/** Which parts of the prices of some models' tasks a payout is made of, by the terms that held in its epoch. */
export function splitFacts(books: ClosedBooks, { stack, role, kind }: Payout, models: Iterable<number>): Step['facts'] {
  const facts = [...models].map((model) => {
    const { domain, royaltyBps } = books.models.at(model);
    const terms = termsAt(books.domains.at(domain), books.globals.epoch);
    const source = `domain ${domain}, ${termsSource(terms)}`;
    if (stack === 'gateways') return bps('processors', terms.processorsBps, source);
    if (stack === 'domain') return bps('domain', terms.domainBps, source);
    const { burnBps, processorsBps, validatorsBps, domainBps } = splitsOf(terms, books.params.domains, royaltyBps);
    const restBps = ALL_BPS - burnBps - processorsBps - validatorsBps - domainBps - royaltyBps;
    return bps(`miner, of model ${model}`, restBps, `what the other parts and the royalty leave; ${source}`);
  });
  const once = [...new Map(facts.map((fact) => [`${fact.name}, ${fact.source}`, fact])).values()];
  return kind === 'miner' && role !== null ? [...once, ...minerSplitFacts(books, role)] : once;
}

/** Where the terms of a domain were set. */
export function termsSource({ height, fromEpoch }: Readonly<DatedTerms>): string {
  if (height === 0) return 'genesis';
  return fromEpoch === 0
    ? `createDomain in block ${height}`
    : `updateDomain in block ${height}, from epoch ${fromEpoch} on`;
}

/** How a miner divides what it gets (E8). */
export function minerSplitFacts(books: ClosedBooks, miner: Ref<'miners'>): Step['facts'] {
  const { operator, owner, split } = books.miners.at(miner);
  const source = `registration of miner ${miner}`;
  return [
    bps('operator', split.operatorBps, `${addressText(operator)}, ${source}`),
    bps('owner', split.ownerBps, `${addressText(owner)}, ${source}`),
    bps('stakers', split.stakersBps, "the owner's while nobody stakes"),
  ];
}

const bps = (name: string, value: number, source: string) => ({ name, value: `${value} of 10000`, source });
