import type { Genesis } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { realKeys } from '../testing/keys.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { World } from '../testing/world.fixture.ts';
import { checkPossessions, genesisHash } from './genesis.ts';

type Edit = (genesis: Genesis) => Genesis;
const params =
  (change: Partial<Genesis['params']>): Edit =>
  (genesis) => ({
    ...genesis,
    params: { ...genesis.params, ...change },
  });
const audit =
  (change: Partial<Genesis['params']['audit']>): Edit =>
  (genesis) =>
    params({ audit: { ...genesis.params.audit, ...change } })(genesis);
const rewards =
  (change: Partial<Genesis['params']['rewards']>): Edit =>
  (genesis) =>
    params({ rewards: { ...genesis.params.rewards, ...change } })(genesis);
const stake =
  (change: Partial<Genesis['params']['stake']>): Edit =>
  (genesis) =>
    params({ stake: { ...genesis.params.stake, ...change } })(genesis);
const levels =
  (change: Partial<Genesis['params']['levels']>): Edit =>
  (genesis) =>
    params({ levels: { ...genesis.params.levels, ...change } })(genesis);
const models =
  (change: Partial<Genesis['params']['models']>): Edit =>
  (genesis) =>
    params({ models: { ...genesis.params.models, ...change } })(genesis);
const twice =
  (name: 'accounts' | 'mixers' | 'validators' | 'models'): Edit =>
  (genesis) => ({
    ...genesis,
    [name]: [...genesis[name], ...genesis[name].slice(0, 1)],
  });

describe('genesis', () => {
  it('begins with what it lists: balances, stakes, roles, no money made', () => {
    const { state } = new World({ balanceUnits: 5n });
    expect(state.globals).toMatchObject({ height: 0, epoch: 0, reveals: 0, mintedUnits: 0n, burnedUnits: 0n });
    // 8 people · 5, 4 mixers · 1000, 2 oracles and 1 gateway · 100, 4 validators · 500
    expect(state.globals.genesisUnits).toBe(40n + 4000n + 300n + 2000n);
    expect(state.heldUnits()).toBe(state.globals.genesisUnits);
    expect(state.chain.chainId).toBe('assay-test');
  });

  it('has a hash that any change moves', () => {
    const { genesis } = new World();
    const hash = genesisHash(genesis);
    expect(genesisHash(structuredClone(genesis))).toEqual(hash);
    expect(genesisHash(params({ blockTimeMs: 501 })(genesis))).not.toEqual(hash);
  });

  it.each<[string, Edit]>([
    [
      'the balances and stakes add up to more than 2^64 base units',
      (genesis) => ({
        ...genesis,
        accounts: genesis.accounts.map((account) => ({ ...account, balanceUnits: (1n << 64n) - 1n })),
      }),
    ],
    ['there is no mixer, so nothing could ever be certified', (genesis) => ({ ...genesis, mixers: [] })],
    ['one account is listed twice', twice('accounts')],
    ['one BLS key of a mixer is listed twice', twice('mixers')],
    ['one validator is listed twice', twice('validators')],
    ['one model name is listed twice', twice('models')],
    [
      'one file of a model is listed twice',
      (genesis) => ({
        ...genesis,
        models: genesis.models.map((model) => ({ ...model, fileHash: new Uint8Array(32) })),
      }),
    ],
    ['params.epochBlocks must be above zero', params({ epochBlocks: 0 })],
    ['params.rewards.dayMs must be above zero', rewards({ dayMs: 0 })],
    ['params.rewards.period must be 0 (epoch) or 1 (day)', rewards({ period: 2 })],
    ['params.rewards.securityBy must be 0 (duties) or 1 (stake)', rewards({ securityBy: 2 })],
    [
      'params.emissionStages must begin after period 0 and each after the one before',
      params({ emissionStages: [0, 7].map((fromPeriod) => ({ fromPeriod, perDayUnits: 1n })) }),
    ],
    [
      'params.emissionStages must begin after period 0 and each after the one before',
      params({ emissionStages: [7, 7].map((fromPeriod) => ({ fromPeriod, perDayUnits: 1n })) }),
    ],
    ['params.stake.unbondingEpochs must be above zero', stake({ unbondingEpochs: 0 })],
    ['params.powerWorkPpb must be at most 1,000,000,000', params({ powerWorkPpb: 1_000_000_001 })],
    ['params.levels.streak must be above zero', levels({ streak: 0 })],
    ['params.levels.minRatePpb must be at most 1,000,000,000', levels({ minRatePpb: 1_000_000_001 })],
    ['params.levels.factorFloorPpb must be at most 1,000,000,000', levels({ factorFloorPpb: 1_000_000_001 })],
    ['params.audit.trustHalfLifeEpochs must be above zero', audit({ trustHalfLifeEpochs: 0 })],
    ['params.audit.floorPpb must be at most 1,000,000,000', audit({ floorPpb: 1_000_000_001 })],
    ['params.poi.outlierPpb must be at most 1,000,000,000', params({ poi: { outlierPpb: 1_000_000_001 } })],
    [
      'params.importance.trainingPpb must be at most 1,000,000,000',
      params({ importance: { ...worldParams.importance, trainingPpb: 2 ** 32 - 1 } }),
    ],
    ['params.audit.minRoutingTrustPpb must be from 1 to 999,999,999', audit({ minRoutingTrustPpb: 0 })],
    ['params.audit.minRoutingTrustPpb must be from 1 to 999,999,999', audit({ minRoutingTrustPpb: 1_000_000_000 })],
    ['params.models.panelSeats must be from 1 to 16', models({ panelSeats: 0 })],
    ['params.models.panelSeats must be from 1 to 16', models({ panelSeats: 17 })],
    ['params.models.backersBps must be at most 10,000', models({ backersBps: 10_001 })],
    ['params.models.voteBlocks must be above zero', models({ voteBlocks: 0 })],
    ['params.models.minDifficultyPpm must be at most maxDifficultyPpm', models({ minDifficultyPpm: 10_000_001 })],
    [
      'params.stacks add up to 9999 basis points instead of 10,000',
      (genesis) => params({ stacks: { ...genesis.params.stacks, minersBps: 5999 } })(genesis),
    ],
    [
      'params.components add up to 10001 basis points instead of 10,000',
      (genesis) => params({ components: { ...genesis.params.components, vwuBps: 5001 } })(genesis),
    ],
    [
      'params.domains.minBurnBps must be at most maxBurnBps',
      (genesis) => params({ domains: { ...genesis.params.domains, minBurnBps: 3001 } })(genesis),
    ],
    [
      'params.domains.maxBurnBps must be at most 10,000',
      (genesis) => params({ domains: { ...genesis.params.domains, maxBurnBps: 10_001 } })(genesis),
    ],
    [
      'params.domains.noticeEpochs must be above zero',
      (genesis) => params({ domains: { ...genesis.params.domains, noticeEpochs: 0 } })(genesis),
    ],
    [
      'domain 0 is refused: The burned part of a price is outside the bounds of this network',
      (genesis) => ({
        ...genesis,
        domains: genesis.domains.map((domain) => ({ ...domain, burnBps: 3001 })),
      }),
    ],
    [
      'one consensus key of a validator is listed twice',
      (genesis) => ({
        ...genesis,
        validators: genesis.validators.map((validator) => ({ ...validator, consensusKey: new Uint8Array(32) })),
      }),
    ],
    [
      'no validator has a stake, so nobody has power',
      (genesis) => ({
        ...genesis,
        validators: genesis.validators.map((validator) => ({ ...validator, stakeUnits: 0n })),
      }),
    ],
    ['no validator has a stake, so nobody has power', (genesis) => ({ ...genesis, validators: [] })],
    [
      'model 1 names domain 1, but there are 1',
      (genesis) => ({
        ...genesis,
        models: genesis.models.map((model, domain) => ({ ...model, domain })),
      }),
    ],
    [
      "the royalty of model 0 and its domain's splits add up to 10001 basis points",
      (genesis) => ({
        ...genesis,
        models: genesis.models.map((model) => ({ ...model, royaltyBps: 8501 })),
      }),
    ],
  ])('is refused when %s', (sentence, edit) => {
    expect(() => new World({ edit })).toThrow(`The genesis cannot be used: ${sentence}.`);
  });

  it('asks every mixer and validator to prove that it holds its key', () => {
    const { genesis, keys } = new World({ keys: realKeys });
    expect(checkPossessions(genesis, keys.verifier)).toBeNull();
    const [first, ...others] = genesis.mixers;
    if (first === undefined) throw new Error('no mixer');
    const stolen = others.map((mixer) => ({ ...mixer, possession: first.possession }));
    expect(checkPossessions({ ...genesis, mixers: [first, ...stolen] }, keys.verifier)).toBe(
      'mixer 1 does not prove possession of its BLS key',
    );
    const swapped = genesis.validators.map((validator, i) => ({
      ...validator,
      possession: genesis.validators[i === 0 ? 0 : 1]?.possession ?? new Uint8Array(64),
    }));
    expect(checkPossessions({ ...genesis, validators: swapped }, keys.verifier)).toBe(
      'validator 2 does not prove possession of its consensus key',
    );
  });
});
