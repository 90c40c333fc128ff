import { softFailure } from '@assay/ledger/fixture';
import type { Genesis } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { emitted, UNIT, Village } from './village.fixture.ts';

const ten = Array.from({ length: 10 }, (_, miner) => miner);

/** 2,000,000 units are staked, 50,000 of them by the first oracle; there are two workspace apps. */
function guardians(genesis: Genesis): Genesis {
  const staked = <Role>(roles: readonly Role[], units: bigint) =>
    roles.map((role) => ({ ...role, stakeUnits: units * UNIT }));
  const [gateway] = genesis.gateways;
  if (gateway === undefined) throw new Error('there is no gateway');
  return {
    ...genesis,
    mixers: staked(genesis.mixers, 400_000n),
    validators: staked(genesis.validators, 75_000n),
    oracles: staked(genesis.oracles, 50_000n),
    gateways: [gateway, { ...gateway, publicKey: genesis.mixers[0]?.publicKey ?? gateway.publicKey }],
  };
}

/** Ten workers alike: 2,000 staked in each, half of the first's by a staker; one call in ten is the second app's. */
function village(rewards: Partial<Genesis['params']['rewards']> = {}): Village {
  const edit = (genesis: Genesis) => {
    const { params } = genesis;
    return guardians({ ...genesis, params: { ...params, rewards: { ...params.rewards, ...rewards } } });
  };
  const made = new Village('competition', { edit, mixers: 4 });
  made.settle(10, (miner) => ({ collateralUnits: miner === 0 ? 1000n : 2000n }));
  made.block(made.tx('otherPayer', 'delegate', { miner: 0, amountUnits: 1000n }));
  return made;
}

/** A day's work: every worker answers one call of the same length. */
function day(made: Village): void {
  made.work(ten.map((miner) => ({ miner, gateway: miner === 0 ? 1 : 0 })));
}

describe('preset competition (E)', () => {
  const made = village();
  const week = Array.from({ length: 7 }, () => {
    day(made);
    return made.finishPeriod();
  });
  day(made);
  const eighth = made.finishPeriod();

  it('gives new workers nothing in their first week, and guardians, apps and DAO their parts (E7, E9)', () => {
    expect(week.map((close) => close.emission?.period)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (const close of week) {
      expect(emitted(close, 'miners')).toBe(0n);
      // 25 %, 5 % and 10 % of 410,900.
      expect(emitted(close, 'security')).toBe(102_725n * UNIT);
      expect(emitted(close, 'gateways')).toBe(20_545n * UNIT);
      expect(emitted(close, 'treasury')).toBe(41_090n * UNIT);
      expect(close.mintedUnits).toBe(164_360n * UNIT);
    }
  });

  it('pays a worker with a tenth of everything 24,654 units of a day (E1, E2, E5, E6)', () => {
    expect(eighth.emission).toMatchObject({ period: 7, forMs: 60_000, perDayUnits: 410_900n * UNIT });
    expect(emitted(eighth, 'miners', 0)).toBe(24_654n * UNIT);
    expect(ten.map((miner) => emitted(eighth, 'miners', miner))).toEqual(ten.map(() => 24_654n * UNIT));
    expect(eighth.mintedUnits).toBe(410_900n * UNIT);
  });

  it('divides it into 12,327 / 8,628.9 / 3,698.1 between miner, owner and stakers (E8)', () => {
    const inside = eighth.payouts.filter(
      ({ stack, role, source }) => `${source} ${stack} ${role}` === 'emission miners 0',
    );
    expect(inside.map(({ account, units }) => [account, units])).toEqual([
      [made.address('stranger0'), 12_327n * UNIT],
      [made.address('owner'), (86_289n * UNIT) / 10n],
      [made.address('otherPayer'), (36_981n * UNIT) / 10n],
    ]);
  });

  it('pays an app with a tenth of the calls 2,054.5 (E7)', () => {
    expect(emitted(eighth, 'gateways', 1)).toBe((20_545n * UNIT) / 10n);
    expect(emitted(eighth, 'gateways', 0)).toBe((184_905n * UNIT) / 10n);
  });

  it('pays a guardian with 50,000 of 2,000,000 staked 2,568.125 (E7)', () => {
    const oracle = eighth.payouts.find(({ kind, role }) => kind === 'oracle' && role === 0);
    expect(oracle?.units).toBe((2_568_125n * UNIT) / 1000n);
  });

  it('is the published formula and nothing else: no failed audit and no level changes a Final (E5)', () => {
    day(made);
    made.work([{ miner: 0 }], softFailure);
    made.finishPeriod();
    const [bad = 0, good = 0] = Array.from(made.state.miners, ({ trustPpb }) => trustPpb);
    expect(bad).toBeLessThan(good);
    day(made);
    const tenth = made.finishPeriod();
    expect(ten.map((miner) => emitted(tenth, 'miners', miner))).toEqual(ten.map(() => 24_654n * UNIT));
    expect(tenth.scores.map(({ trustPpb, levelPpb }) => [trustPpb, levelPpb])).toEqual(ten.map(() => [1e9, 1e9]));
  });

  it('changes the ratios of a day with the quality of the day before, where trust and level count (E9)', () => {
    const other = village({ byStanding: true, testPeriods: 1 });
    for (let i = 0; i < 2; i++) {
      day(other);
      other.finishPeriod();
    }
    day(other);
    other.work([{ miner: 0 }], softFailure);
    const third = other.finishPeriod();
    // What went wrong on the third day counts from the fourth on.
    expect(emitted(third, 'miners', 0)).toBe(24_654n * UNIT);
    const [bad = 0, good = 0] = Array.from(other.state.miners, ({ trustPpb }) => trustPpb);
    expect(bad).toBeLessThan(good);
    day(other);
    const fourth = other.finishPeriod();
    // Otherwise alike: bad / (bad + 9 · good) of 246,540.
    const exact = (246_540n * UNIT * BigInt(bad)) / BigInt(bad + 9 * good);
    const difference = emitted(fourth, 'miners', 0) - exact;
    expect(difference * difference).toBeLessThan(1_000_000n);
    expect(emitted(fourth, 'miners')).toBe(246_540n * UNIT);
  });

  it('gives the weight of hash rate and feedback, which nobody has, to usage and stake (E3, E4)', () => {
    const other = village();
    for (let i = 0; i < 7; i++) {
      day(other);
      other.finishPeriod();
    }
    // Worker 1 answers three times the tokens: 3/12 of usage at 40 : 20 and 1/10 of stake.
    other.work(ten.map((miner) => ({ miner, tokensIn: miner === 1 ? 30 : 10, tokensOut: miner === 1 ? 60 : 20 })));
    const close = other.finishPeriod();
    // (2/3 · 1/4 + 1/3 · 1/10) · 246,540 = 0.2 · 246,540.
    const difference = emitted(close, 'miners', 1) - 49_308n * UNIT;
    expect(difference * difference).toBeLessThan(1_000_000n);
    expect(close.scores[1]?.raw).toMatchObject({ hashRate: 0n, feedback: 0n });
  });
});
