import { unchecked, World, type WorldOptions } from '@assay/ledger/fixture';
import { EngineInfo, type NoiseProfile, withParams } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { type EarningRole, hindrancesOf } from './earning.ts';
import { minerEarning } from './miner-earning.ts';

const builtIn: EngineInfo = { ...EngineInfo.defaultValue(), name: 'built-in', build: '7', sampler: 'seeded' };
const server: EngineInfo = { ...builtIn, name: 'server', sampler: 'cutsFirst' };
const nobody = new Uint8Array(20);
const rootOf = (engine: EngineInfo) => EngineInfo.hashTreeRoot(engine);
const codes = (world: World, role: Partial<EarningRole> = {}) =>
  hindrancesOf(world.state, { kind: 'miner', index: 0, operator: nobody, engine: null, ...role }).map(
    ({ code }) => code,
  );
const withMiner = (options: WorldOptions = {}) => new World(options).populate();

/** What two engines find of each other's honest answers. */
const profileOf = (minerEngine: EngineInfo): NoiseProfile => ({
  model: 0,
  minerEngine: rootOf(minerEngine),
  auditorEngine: rootOf(builtIn),
  requests: 300,
  t1LimitPpb: 30_000_000,
  marginMicro: 400_000,
  substituteT1Ppb: 100_000_000,
  substituteMismatchesPpb: 240_000_000,
});

/** A miner that serves with an engine, where some engines have a noise profile. */
function serving(engine: EngineInfo, measured: readonly EngineInfo[] = []): World {
  const world = new World({ edit: (genesis) => ({ ...genesis, profiles: measured.map(profileOf) }) });
  world.block(world.tx('minerA', 'registerMiner', world.registration({ engine: rootOf(engine) })));
  return world;
}

describe('why a role does not earn §20.6', () => {
  it('is nothing once a miner has worked, and before that the draw it waits for', () => {
    const world = new World();
    expect(codes(world, { index: null })).toEqual(['notRegistered']);
    const newcomer = { kind: 'miner', index: null, operator: world.address('payer'), engine: null } as const;
    expect(hindrancesOf(world.state, newcomer)[0]?.sentence).toContain('holds 0.001 units');
    world.block(world.tx('minerA', 'registerMiner', world.registration()));
    world.populate();
    expect(codes(world)).toEqual(['noTaskYet']);
    world.certify(world.receipt());
    expect(codes(world)).toEqual([]);
  });

  it('is what the operator has to see to first', () => {
    const world = withMiner();
    expect(codes(world, { engine: builtIn })[0]).toBe('engineDiffers');
    expect(world.send('minerA', 'setRoleStatus', { kind: 'miner', role: 0, status: 'paused' })).toBe('OK');
    expect(codes(world)).toEqual(['paused']);
    world.block(world.tx('payer', 'transfer', { to: world.address('owner'), amountUnits: 100n }));
    expect(world.send('owner', 'setRoleStatus', { kind: 'miner', role: 0, status: 'deregistered' })).toBe('OK');
    expect(codes(world)).toEqual(['gone']);
  });

  it('is a level below what users get, a trial, or work that nobody can check', () => {
    const edit: WorldOptions['edit'] = (genesis) => ({
      ...genesis,
      params: withParams(genesis.params, { levels: { userLevel: 2 }, rewards: { testPeriods: 3 } }),
    });
    const world = new World({ edit });
    world.block(world.tx('minerA', 'registerMiner', world.registration({ evidenceLevel: 0 })));
    world.block();
    expect(codes(world)).toEqual(['textOnly', 'levelTooLow', 'trialPeriod', 'noTaskYet']);
    const [, level] = hindrancesOf(world.state, { kind: 'miner', index: 0, operator: nobody, engine: null });
    expect(level?.sentence).toContain('Its level is 0, and users get miners from 2 on');
  });

  it('is a seat that a mixer has not, power that a validator has not, and silence', () => {
    const world = withMiner();
    expect(codes(world, { kind: 'mixer' })).toEqual([]);
    expect(codes(world, { kind: 'validator' })).toEqual([]);
    for (let epoch = 0; epoch < 3; epoch++) world.finishEpoch();
    expect(codes(world, { kind: 'oracle' })).toEqual(['notSeen']);
    expect(codes(world, { kind: 'validator' })).toContain('notSeen');
    expect(codes(world, { kind: 'gateway' })).toEqual([]);
  });

  it('is stake or collateral that a vote or an owner made too little', () => {
    const edit: WorldOptions['edit'] = (genesis) => ({
      ...genesis,
      validators: genesis.validators.map((row) => ({ ...row, stakeUnits: 3n })),
      mixers: genesis.mixers.map((row) => ({ ...row, stakeUnits: 3n })),
    });
    const world = new World({ edit });
    const [stake] = hindrancesOf(world.state, { kind: 'validator', index: 0, operator: nobody, engine: null });
    expect(stake).toMatchObject({ code: 'stakeTooLow' });
    expect(stake?.sentence).toBe('Its stake is 0.000000003 units, and the least is 0.0000004.');
    expect(stake?.cure).toBe('`assay tx bond` adds to it.');
    expect(codes(world, { kind: 'mixer' })).toEqual(['stakeTooLow']);
  });

  it('is an engine that no validator can compare, or only by the widest profile (verification §3.4)', () => {
    const of = (world: World, engine: EngineInfo | null) => {
      const { comparison, hindrances } = minerEarning(world.state, 0, engine);
      return [comparison, ...hindrances.map(({ code }) => code).filter((code) => code.startsWith('engine'))];
    };
    expect(of(serving(builtIn), builtIn)).toEqual(['equal']);
    expect(of(serving(server), server)).toEqual(['none', 'engineUncompared']);
    const other = { ...server, name: 'other' };
    expect(of(serving(server, [other]), server)).toEqual(['widest', 'engineUnnamed']);
    expect(of(serving(server, [other, server]), server)).toEqual(['named']);
    // Of another node the chain has the root alone.
    expect(of(serving(server, [other]), null)).toEqual(['unknown']);
    expect(of(serving(server, [server]), null)).toEqual(['named']);
    expect(of(serving(builtIn, [server]), null)).toEqual(['equal']);
    const [uncompared] = minerEarning(serving(server).state, 0, server).hindrances;
    expect(uncompared?.sentence).toContain('its engine, server 7: nothing of it is paid');
    expect(uncompared?.cure).toContain('`assay calibrate`');
  });

  it('is an engine that no auditor has known since it changed (§10.13.1)', () => {
    const world = withMiner();
    const { publicKey: _, owner: __, collateralUnits: ___, domain: ____, ...offer } = world.registration();
    const engine = rootOf(builtIn);
    expect(world.send('minerA', 'updateMiner', { ...offer, miner: 0, engine })).toBe('OK');
    world.finishEpoch();
    world.finishEpoch();
    const [unknown] = minerEarning(world.state, 0, builtIn).hindrances;
    expect(unknown).toMatchObject({ code: 'engineUnknown', cure: null });
    expect(minerEarning(world.state, 0, null).hindrances[0]?.cure).toContain('`assay calibrate`');
  });

  it('is a result that is owed since nobody could compare its engine (§10.13)', () => {
    const world = withMiner();
    const receipt = world.receipt();
    world.certify(receipt);
    for (const finding of ['otherEngine', 'noResult'] as const) {
      const open = world.auditorsOf(receipt.taskId).slice(finding === 'noResult' ? 2 : 0);
      world.audit(receipt.taskId, new Map(open.map((validator) => [validator, unchecked(finding)])));
    }
    const [owed] = hindrancesOf(world.state, { kind: 'miner', index: 0, operator: nobody, engine: null });
    expect(owed).toMatchObject({ code: 'resultsOwed', cure: expect.stringContaining('`assay calibrate`') });
    expect(owed?.sentence).toContain('It owes 10 audits with a result');
    expect(minerEarning(world.state, 0, null)).toMatchObject({ isDrawn: true, engine: null, openCases: [] });
  });
});
