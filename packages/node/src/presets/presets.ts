import { Components, type Params, type ParamsChange, withParams } from '@assay/protocol';

/** No part of the competition counts but those that a preset names. */
const noComponents = Components.defaultValue();
/** The schedule alone decides what is minted, whatever work burned: so the text that the preset follows has it. */
const scheduled: ParamsChange = { wash: { mintOfBurnBps: 0, bootstrapPeriods: 0 } };
/** Work is all that is paid for, and mints at most nine tenths of what it burned (economics §7.2). */
const guarded: ParamsChange = { wash: { bootstrapPeriods: 0 } };

/** The preset of a network that names none. */
export const defaultPreset = 'assay';

/** Every preset: the parameters that differ from the default, and nothing else. */
const presets: Readonly<Record<string, ParamsChange>> = {
  [defaultPreset]: {},
  competition: {
    ...scheduled,
    rewards: { period: 1, dayMs: 60_000, testPeriods: 7, securityBy: 1, byStanding: false },
    stacks: { minersBps: 6000, securityBps: 2500, creatorsBps: 0, gatewaysBps: 500, treasuryBps: 1000 },
    components: { ...noComponents, usageBps: 4000, stakeBps: 2000, hashRateBps: 2000, feedbackBps: 2000 },
  },
  'model-mining': {
    ...guarded,
    powerWorkPpb: 500_000_000,
    stacks: { minersBps: 4000, securityBps: 2000, creatorsBps: 3000, gatewaysBps: 500, treasuryBps: 500 },
    components: { ...noComponents, vwuBps: 10_000 },
  },
  performance: {
    ...scheduled,
    weak: { belowPpb: 250_000_000, reduceAfter: 2, factorPpb: 500_000_000, removeAfter: 4 },
    steering: { floorPpb: 100_000_000 },
    challenges: { lambdaMilli: 5000, alpha: 3 },
    epochBlocks: 1024,
    stake: { mixerMinUnits: 11_200_000_000_000n, validatorMinUnits: 1_120_000_000_000n },
    components: { ...noComponents, bandwidthBps: 3000, computeBps: 4000, latencyBps: 3000 },
  },
  'useful-work': {
    ...scheduled,
    domains: { inferenceOnly: false },
    levels: { factorFloorPpb: 500_000_000 },
    poi: { outlierPpb: 850_000_000 },
    background: { maxTokensPerEpoch: 1_000_000 },
    components: { ...noComponents, vwuBps: 7000, performanceBps: 3000 },
  },
  'work-units': {
    ...guarded,
    // B9 Its foundation reviews each case by hand.
    cases: { automaticDecision: false },
    components: { ...noComponents, vwuBps: 10_000 },
  },
};

export const presetNames: readonly string[] = Object.keys(presets);

/** `base` with the parameters of a preset. Throws RangeError when there is none of this name. */
export function presetParams(name: string, base: Params): Params {
  const change = presets[name];
  if (change === undefined) throw new RangeError(`there is no preset "${name}"`);
  return withParams(base, change);
}
