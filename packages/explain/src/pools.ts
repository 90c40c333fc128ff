import { formatUnits as units } from '@assay/client';
import { type ClosedBooks, measuredValues, stacksOf, termsAt } from '@assay/ledger';
import {
  type Components,
  type EpochClose,
  type Payout,
  type Pool,
  type PoolShare,
  type Ref,
  securityWeights,
} from '@assay/protocol';
import type { Step } from './explanation.ts';
import { ratio } from './ratio.ts';
import { termsSource } from './splits.ts';

/** Whether a payout came out of a pool. Each domain's miners have one of their own. */
export function isPoolOf({ source, stack, kind, shares }: Pool, payout: Payout): boolean {
  const isIts = source === payout.source && stack === payout.stack && kind === payout.kind;
  return isIts && shares.some(({ role }) => role === payout.role);
}

/** What the weights of a pool measure. */
export function weighed({ source, stack, kind }: Pool, { params }: ClosedBooks): string {
  if (kind === 'validator' && source === 'revenue') return 'audits revealed this epoch, else stake';
  if (stack === 'security' && params.rewards.securityBy === securityWeights.stake) return 'stake';
  const measures: Readonly<Record<Pool['kind'], string>> = {
    miner: 'Final of the competition',
    mixer: 'stake × certificates signed this epoch; stake where nobody had a duty',
    validator: 'stake × audits revealed this epoch; stake where nobody had a duty',
    oracle: 'stake × late steps asked for this epoch; stake where nobody had a duty',
    gateway: 'tasks approved this epoch',
    model: 'verified work units × part of audits passed this epoch',
    domain: 'one',
  };
  return measures[kind];
}

/** Where the amount of a pool comes from. */
export function stackFacts(close: EpochClose, books: ClosedBooks, pool: Pool): Step['facts'] {
  const { source, stack, kind, units: amount } = pool;
  const name = `stack "${stack}"`;
  if (source === 'revenue') return [{ name, value: units(amount), source: 'validators’ part of every price' }];
  const { minersBps, securityBps, creatorsBps, gatewaysBps } = books.params.stacks;
  const bps: Readonly<Record<string, number>> = {
    miners: minersBps,
    security: securityBps,
    creators: creatorsBps,
    gateways: gatewaysBps,
  };
  const part = `${bps[stack] ?? 0} of 10000 of the emission${limitOf(close, stack)}`;
  if (stack === 'security')
    return [{ name, value: units(amount), source: `${part}, divided among the roles by stake` }];
  if (stack === 'capacity') return [{ name, value: units(amount), source: 'what work leaves of the miners’ stack' }];
  return kind === 'miner' ? domainFacts(close, books, pool) : [{ name, value: units(amount), source: part }];
}

/** Whether what work burned limited a stack (economics §7.2). */
function limitOf({ emission }: EpochClose, stack: string): string {
  if (emission === null || emission.limitUnits === null) return '';
  return stack === 'security' && emission.isBootstrap ? '' : ', at most that part of what work may mint';
}

/** The part of a miner's domain in the miners' stack. */
function domainFacts({ division, emission }: EpochClose, books: ClosedBooks, { units: amount, shares }: Pool) {
  const domain = shares[0] === undefined ? -1 : books.miners.at(shares[0].role).domain;
  const work = division.reduce((sum, each) => sum + each.weight, 0n);
  const own = division.find(({ role }) => role === domain);
  const all = emission === null ? 0n : stacksOf(emission, books.params).miners;
  return [
    { name: 'stack "miners"', value: units(all), source: `${books.params.stacks.minersBps} of 10000 of the emission` },
    {
      name: `part of domain ${domain}`,
      value: units(amount),
      source: `work × trust × level: ${own?.weight ?? 0n} of ${work}`,
    },
    ...limitFacts(own, `domain ${domain}`),
  ];
}

/** The most somebody gets for what its tasks burned; none where there is no such limit (economics §7.4). */
export function limitFacts(share: PoolShare | undefined, who: string): Step['facts'] {
  const limitUnits = share?.limitUnits ?? null;
  if (limitUnits === null) return [];
  const source = `what the tasks of ${who} burned × params.wash.mintOfBurnBps × that of the stack`;
  return [{ name: 'at most', value: units(limitUnits), source }];
}

/** The competition by measured capacity (economics §7.1). */
export function capacityStep({ capacity }: EpochClose, books: ClosedBooks, miner: Ref<'miners'>): Step {
  const { stakeBps, bandwidthBps, latencyBps } = books.params.components;
  const weights = { stake: stakeBps, bandwidth: bandwidthBps, latency: latencyBps };
  const counted = { hashRateBps: 1, bandwidthBps, latencyBps };
  return {
    title: 'The competition by capacity: hash rate × part of its challenges right × passed × factor',
    clause: 'economics §7.1, economics §7.1.2',
    facts: [
      ...Object.entries(weights).map(([name, bps]) => ({
        name: `weight of ${name} in the factor`,
        value: String(bps),
        source: 'params.components',
      })),
      ...verifiedFacts(books, miner),
      ...measuredFacts(books, miner, counted),
    ],
    table: {
      head: [
        'miner',
        'right',
        'wrong',
        'passed',
        'hash rate',
        'stake',
        'bandwidth',
        'latency',
        'factor',
        'final',
        'emission',
      ],
      rows: capacity.map(({ miner, right, wrong, passedPpb, raw, factorPpb, finalPpb, emissionUnits }) => [
        ...[String(miner), String(right), String(wrong), ratio(passedPpb), String(raw.hashRate), units(raw.stake)],
        ...[String(raw.bandwidth), String(raw.latency), ratio(factorPpb), ratio(finalPpb), units(emissionUnits)],
      ]),
    },
  };
}

/** What of a miner's challenges of the reward period counts for its capacity (economics §7.1.1). */
export function verifiedFacts({ measures, globals }: ClosedBooks, miner: Ref<'miners'>): Step['facts'] {
  const row = [...measures].find((each) => each.miner === miner);
  const { right, wrong } = row?.period === globals.period ? row : { right: 0, wrong: 0 };
  const source = `reports of mixers and verdicts of auditors in reward period ${globals.period}`;
  return [
    { name: `challenges that miner ${miner} answered right`, value: String(right), source },
    { name: 'those it did not', value: String(wrong), source },
  ];
}

const FINAL = 'Final = Σ α · share of raw × trust × level × weak; an empty component’s α goes to the others';

/** The competition that a miner was in. */
export function scoreStep({ scores }: EpochClose, books: ClosedBooks, miner: Ref<'miners'>): Step {
  const { domain } = books.miners.at(miner);
  const { weights, source, guard } = weightsIn(books, domain);
  const own = scores.filter((score) => books.miners.at(score.miner).domain === domain);
  const components = [...new Set(own.flatMap(({ raw }) => Object.keys(raw)))];
  return {
    title: `The miners’ competition in domain ${domain}: ${FINAL}`,
    clause: 'economics §4',
    facts: [
      ...Object.entries(weights)
        .filter(([, bps]) => bps > 0)
        .map(([name, bps]) => ({ name: `α ${name.replace(/Bps$/, '')}`, value: `${bps} of 10000`, source })),
      ...guard,
      ...measuredFacts(books, miner, weights),
    ],
    table: {
      head: ['miner', 'trust', 'level', 'weak', ...components, 'final', 'emission'],
      rows: own.map((score) => [
        String(score.miner),
        ratio(score.trustPpb),
        ratio(score.levelPpb),
        ratio(score.weakPpb),
        ...components.map((component) => String(score.raw[component] ?? 0n)),
        ratio(score.finalPpb),
        units(score.emissionUnits),
      ]),
    },
  };
}

/** What challenges measured of a miner, where it counts, and who reported it. */
function measuredFacts(
  { measures }: ClosedBooks,
  miner: Ref<'miners'>,
  weights: Pick<Components, 'hashRateBps' | 'bandwidthBps' | 'latencyBps'>,
): Step['facts'] {
  const row = [...measures].find((each) => each.miner === miner);
  const { hashRate, bandwidth, latencyMs } = measuredValues(row);
  const reports = (row?.reports ?? []).map(({ mixer }) => mixer).join(', ');
  const source =
    row === undefined
      ? 'no mixer reported on it'
      : `§8.4: medians over its last epochs, the last epoch ${row.epoch} with reports of mixers ${reports}`;
  return [
    { name: 'hash rate, tokens per 1,000 s', value: hashRate, bps: weights.hashRateBps },
    { name: 'bandwidth, bytes per second', value: bandwidth, bps: weights.bandwidthBps },
    { name: 'round trip, ms', value: latencyMs, bps: weights.latencyBps },
  ].flatMap(({ name, value, bps }) =>
    bps === 0 ? [] : [{ name: `measured ${name}`, value: String(value ?? 'nothing'), source }],
  );
}

/** The weights of a domain's competition and whether its wash guard is off, and who said so. */
function weightsIn({ params, domains, globals }: ClosedBooks, domain: Ref<'domains'>) {
  const terms = termsAt(domains.at(domain), globals.epoch);
  const [own] = terms.components;
  const source = `domain ${domain}, ${termsSource(terms)}`;
  const guard = terms.washGuard ? [] : [{ name: 'wash guard', value: 'off', source }];
  if (own === undefined) return { weights: params.components, source: 'the network’s: params.components', guard };
  return { weights: own, source, guard };
}
