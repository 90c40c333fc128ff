import { LEAST_PROFILE_REQUESTS } from '@assay/ledger';
import { EngineInfo } from '@assay/protocol';
import { equalMarginMicro, noMargin } from '@assay/roles/audit/choice';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mismatchesOf, noiseOf, quantilesOf, statisticsOf } from './profile.ts';
import { auditedPositions, type Sample, t1PpbOf } from './sample.ts';

const sample = (variation: number, margin = 0, positions = 16): Sample => ({
  variationsPpb: new Array<number>(positions).fill(variation),
  marginsMicro: new Array<number>(positions).fill(margin),
  leadsMicro: new Array<number>(positions).fill(margin),
});
const many = (count: number, each: (index: number) => Sample) => Array.from({ length: count }, (_, i) => each(i));

describe('quantiles', () => {
  it('are of the nearest rank', () => {
    const values = Array.from({ length: 1000 }, (_, i) => 1000 - i);
    expect(quantilesOf(values)).toEqual({ p50: 500, p99: 990, p999: 999, max: 1000 });
    expect(quantilesOf([7])).toEqual({ p50: 7, p99: 7, p999: 7, max: 7 });
    expect(() => quantilesOf([])).toThrow(RangeError);
  });

  it('are values that were measured, the share of them at most that many', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), (values) => {
        const { p50, p99, p999, max } = quantilesOf(values);
        expect(Math.max(...values)).toBe(max);
        for (const [share, value] of [
          [0.5, p50],
          [0.99, p99],
          [0.999, p999],
        ] as const) {
          expect(values).toContain(value);
          expect(values.filter((each) => each <= value).length).toBeGreaterThanOrEqual(share * values.length);
          expect(values.filter((each) => each < value).length).toBeLessThan(share * values.length);
        }
      }),
    );
  });
});

describe('statistics', () => {
  it('count T1 by request and margins by position', () => {
    const found = statisticsOf([sample(10, 1), sample(30, 5, 48)]);
    expect(found).toMatchObject({ requests: 2, positions: 64, t1Ppb: { p50: 10, max: 30 } });
    expect(found.marginMicro).toMatchObject({ p50: 5, max: 5 });
    expect(mismatchesOf([sample(0, 1), sample(0, 5, 48)], 1)).toBe(0.75);
  });

  it('take T1 over the positions that an audit draws', () => {
    const variationsPpb = Array.from({ length: 128 }, (_, i) => (i === 0 || i === 127 ? 64_000 : 0));
    expect(t1PpbOf({ ...sample(0), variationsPpb }, 3)).toBe((2 * 64_000) / auditedPositions);
  });
});

describe('the noise of a pair (verification §3.3)', () => {
  const cheats = many(60, () => sample(100_000_000, noMargin));
  const auditor = { ...EngineInfo.defaultValue(), name: 'b' };
  const engines = { miner: { ...auditor, name: 'a' }, auditor };
  const of = (honest: readonly Sample[], substituted = cheats) => noiseOf({ honest, substituted }, engines);
  const requests = LEAST_PROFILE_REQUESTS;
  const alike = (count: number, variation: number, margin = 0) => many(count, () => sample(variation, margin));

  it('has limits a quarter above what honest answers stay below', () => {
    const { profile, flaw, honest, substituted } = of(
      many(requests, (i) => sample(i === 0 ? 20_000_000 : 4_000_000, 80_000)),
    );
    expect(profile).toEqual({
      minerEngine: EngineInfo.hashTreeRoot(engines.miner),
      auditorEngine: EngineInfo.hashTreeRoot(engines.auditor),
      requests,
      t1LimitPpb: 25_000_000,
      marginMicro: 100_000,
      substituteT1Ppb: 100_000_000,
      substituteMismatchesPpb: 1_000_000_000,
    });
    expect(flaw).toBeNull();
    expect([honest.mismatches, substituted.mismatches]).toEqual([0, 1]);
  });

  it('has a margin for the likeliest token, too', () => {
    const led = { ...sample(4_000_000, 80_000), leadsMicro: [200_000] };
    expect(of(many(requests, () => led)).profile.marginMicro).toBe(250_000);
  });

  it('has limits that rounding, and equal engines, stay below', () => {
    const { profile } = of(alike(requests, 0));
    expect(profile).toMatchObject({ t1LimitPpb: 1_000_000, marginMicro: equalMarginMicro });
  });

  it('has a margin that the chain can hold where none makes a token a choice', () => {
    expect(of(alike(requests, 0, noMargin))).toMatchObject({ profile: { marginMicro: noMargin }, flaw: 'margin' });
  });

  it('is refused with too few requests, one engine, or a substitution that is not far enough', () => {
    expect(of(alike(requests - 1, 0)).flaw).toBe('requests');
    expect(of(alike(requests, 39_000_000)).flaw).toBeNull();
    expect(of(alike(requests, 40_000_000)).flaw).toBe('separation');
    expect(of(alike(requests, 90_000_000), alike(60, 300_000_000)).flaw).toBe('separation');
    expect(of(alike(requests, 0), alike(60, 100_000_000)).flaw).toBe('mismatches');
    const samples = { honest: alike(requests, 0), substituted: cheats };
    expect(noiseOf(samples, { miner: auditor, auditor }).flaw).toBe('engines');
  });
});
