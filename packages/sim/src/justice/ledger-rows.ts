import { offenceFine } from '@assay/ledger';
import { type LiftOptions, liftedBandwidth } from './bandwidth.ts';
import { identitiesRatios, type Splitting } from './identities.ts';
import { rateOf } from './interval.ts';
import { validatorLives } from './lazy.ts';
import { type Ground, percent, type Row, shown } from './rows.ts';
import { costOfAnswer } from './worth.ts';

/** Parts of their audits that lazy validators pass without a look. */
const shares = [1, 0.1, 0.01] as const;
const audits = 1000;

/**
 * What a pass without a look brings its validator and what it costs, by the lives of some under the ledger. Each is a
 * lot of its own, so that one of many counts as much as one of a few.
 */
export function lazyRow(ground: Ground): Row {
  const { params, random, real, scale } = ground;
  const tasks = Math.round(12_000 * Math.max(scale, 0.05));
  const { lives, priceUnits, stakeUnits } = validatorLives({ params, shares, tasks, random });
  const sum = (of: (life: (typeof lives)[number]) => number | bigint) =>
    lives.reduce((total, life) => total + Number(of(life)), 0);
  const [blind, cases] = [sum((life) => life.blind), sum((life) => life.cases)];
  const rate = rateOf(cases, blind);
  const inPrices = (units: number) => units / Number(priceUnits);
  // Where none was found yet: what the first one would cost.
  const firstFine = offenceFine({ stakeUnits, leavingUnits: 0n, takenUnits: 0n }, params.cases);
  const fine = inPrices(cases === 0 ? Number(firstFine) : sum((life) => life.lostUnits) / cases);
  const look = (costOfAnswer * real.honest.auditedMs) / real.honest.writtenMs;
  const worth = (chance: number) => look - chance * fine;
  const each = shares.toReversed().map((share) => (share * audits * worth(cases / blind)).toFixed(0));
  const outcome = worth(rate.low) < 0 ? 'met' : worth(rate.high) < 0 ? 'open' : 'missed';
  const pay = inPrices(sum((life) => life.paidUnits)) / sum((life) => life.audits);
  const found = `${each.join(', ')} prices in ${audits} audits, lazy in 1, 10, 100 %`;
  const note =
    `${shown(rate)} blind passes cost ${fine.toFixed(0)} prices each; a look costs ${look.toFixed(2)}, ` +
    `an audit is paid ${pay.toFixed(1)}`;
  const target = 'worth less than a diligent one';
  return { measure: 'a lazy validator, beside a diligent one', from: 'ledger', target, found, outcome, note };
}

/** Two identities on one device, in each way to split it. */
export function identitiesRow({ params, scale }: Ground): Row {
  const epochs = Math.round(24 * Math.max(scale, 1 / 12));
  const ratios = identitiesRatios(params, epochs);
  const of = (phase: Splitting['phase'], load: Splitting['load']) =>
    ratios
      .filter((each) => each.phase === phase && each.load === load)
      .map(({ ratio }) => ratio.toFixed(2))
      .join(' and ');
  const most = Math.max(...ratios.map(({ ratio }) => ratio));
  const found = `${of('bootstrap', 'full')} × at half the speed each, ${of('bootstrap', 'light')} × one at a time`;
  const note =
    `with the stake split, and as much for each; after the bootstrap ${of('guarded', 'full')}, ` +
    `${of('guarded', 'light')}: speed and latency are measured of each alone`;
  const outcome = most <= 1.05 ? 'met' : 'missed';
  return { measure: 'two identities on one device', from: 'ledger', target: '≤ 1.05 × one', found, outcome, note };
}

/** Committees, and how many of them lie: just below a third. */
const committees = [
  { mixers: 4, lying: 1 },
  { mixers: 16, lying: 5 },
  { mixers: 100, lying: 33 },
] as const;
/** Lines of 100 and of 10 Mbit/s, bytes per second. */
const lines = [12_500_000n, 1_250_000n] as const;
const mostLift = 1.33;

/** What a colluding minority of the mixers makes of a miner's bandwidth. */
export function bandwidthRow({ params, random, scale }: Ground): Row {
  const cap = params.challenges.bandwidthCap;
  const [trueBandwidth] = lines;
  const lifts = committees.map((each) => {
    const epochs = Math.round((200_000 * Math.max(scale, 0.05)) / each.mixers);
    const asked: LiftOptions = { ...each, trueBandwidth, cap, epochs, random };
    return { ...each, ...liftedBandwidth(asked) };
  });
  const worst = lifts.reduce((one, other) => (other.mean > one.mean ? other : one));
  // Whatever the line is, a lie counts as often, and as the cap.
  const above = lines.map((line) => {
    const part = Number(cap - line) / Number(line) / (Number(cap - trueBandwidth) / Number(trueBandwidth));
    return { mean: 1 + part * (worst.mean - 1), error: 2 * part * worst.error };
  });
  const [fast, slow] = above.map(({ mean, error }) => `${mean.toFixed(2)} ± ${error.toFixed(2)} ×`);
  const found = `on average ${fast} of 100 Mbit/s, ${slow} of 10 Mbit/s`;
  const each = lifts.map(({ lying, mixers, lifted }) => `${percent(lifted)} with ${lying} of ${mixers}`);
  const isMet = above.every(({ mean, error }) => mean + error <= mostLift);
  const isMissed = above.some(({ mean, error }) => mean - error > mostLift);
  const outcome = isMet ? 'met' : isMissed ? 'missed' : 'open';
  const note = `where ${worst.lying} of ${worst.mixers} lie; a lie counts, as the cap, in ${each.join(', ')} of epochs`;
  return { measure: 'bandwidth that is inflated', from: 'ledger', target: '≤ 1.33 ×', found, outcome, note };
}
