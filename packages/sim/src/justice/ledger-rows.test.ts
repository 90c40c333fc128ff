import { devnetParams } from '@assay/node/devnet/genesis';
import { withParams } from '@assay/protocol';
import { SimulatedRuntime } from '@assay/roles/simulated/runtime';
import { describe, expect, it } from 'vitest';
import { liftedBandwidth } from './bandwidth.ts';
import { identitiesRatios } from './identities.ts';
import { validatorLives } from './lazy.ts';

const randomOf = (name: string) => new SimulatedRuntime({ seed: 1, log: () => {} }).random(name);

describe('validators under the ledger', () => {
  it('lose stake by passes without a look, and only by them (§10.26, economics §6.11)', () => {
    // Plants from the second epoch on, and every other answer audited.
    const params = withParams(devnetParams, { audit: { newMinerTasks: 4, floorPpb: 500_000_000, commitBlocks: 8 } });
    const asked = { params, shares: [1, 0.5], tasks: 1200, random: randomOf('lazy') };
    const { lives, stakeUnits } = validatorLives(asked);
    const [lazy, , ...diligent] = lives;
    expect(lazy?.blind).toBe(lazy?.audits);
    expect(lazy?.cases).toBeGreaterThan(0);
    expect(lazy?.lostUnits).toBeGreaterThanOrEqual(stakeUnits / 10n);
    expect(diligent).toHaveLength(10);
    for (const { audits, blind, cases, lostUnits } of diligent) {
      expect(audits).toBeGreaterThan(50);
      expect({ blind, cases, lostUnits }).toEqual({ blind: 0, cases: 0, lostUnits: 0n });
    }
  }, 60_000);
});

describe('two miners on one device', () => {
  it('are paid as one for work, and more where each is measured alone (economics §7.1, §7.4)', () => {
    for (const { phase, load, ratio } of identitiesRatios(devnetParams, 2)) {
      if (phase === 'guarded') expect(ratio).toBeCloseTo(1, 1);
      if (phase === 'bootstrap' && load === 'light') expect(ratio).toBeGreaterThan(1.2);
    }
  }, 60_000);
});

describe('a bandwidth that mixers lie about (§8.4)', () => {
  const line = { trueBandwidth: 12_500_000n, cap: 125_000_000n };

  it('is what it is with one of four, whatever that one says', () => {
    const lift = liftedBandwidth({ mixers: 4, lying: 1, ...line, epochs: 1000, random: randomOf('four') });
    expect(lift).toEqual({ mean: 1, error: 0, lifted: 0 });
  });

  it('is the cap in a few epochs where a third of many lie', () => {
    const { mean, lifted } = liftedBandwidth({ mixers: 30, lying: 9, ...line, epochs: 1500, random: randomOf('many') });
    expect(lifted).toBeGreaterThan(0);
    expect(lifted).toBeLessThan(0.15);
    expect(mean).toBeCloseTo(1 + 9 * lifted, 6);
  }, 30_000);
});
