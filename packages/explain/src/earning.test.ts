import { World, type WorldOptions } from '@assay/ledger/fixture';
import { withParams } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { type EarningRole, hindrancesOf } from './earning.ts';

const engine = new Uint8Array(32).fill(3);
const codes = (world: World, role: Partial<EarningRole> = {}) =>
  hindrancesOf(world.state, { kind: 'miner', index: 0, engine, ...role }).map(({ code }) => code);
const withMiner = (options: WorldOptions = {}) => new World(options).populate();

describe('why a role does not earn §20.6', () => {
  it('is nothing once a miner has worked, and before that the draw it waits for', () => {
    const world = new World();
    expect(codes(world, { index: null })).toEqual(['notRegistered']);
    world.block(world.tx('minerA', 'registerMiner', world.registration()));
    world.populate();
    expect(codes(world)).toEqual(['noTaskYet']);
    world.certify(world.receipt());
    expect(codes(world)).toEqual([]);
  });

  it('is what the operator has to see to first', () => {
    const world = withMiner();
    expect(codes(world, { engine: new Uint8Array(32) })[0]).toBe('engineDiffers');
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
    const [, level] = hindrancesOf(world.state, { kind: 'miner', index: 0, engine });
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
    const [stake] = hindrancesOf(world.state, { kind: 'validator', index: 0, engine: null });
    expect(stake).toMatchObject({ code: 'stakeTooLow' });
    expect(stake?.sentence).toBe(
      'Its stake is 0.000000003 units, and the least is 0.0000004: `assay tx bond` adds to it.',
    );
    expect(codes(world, { kind: 'mixer' })).toEqual(['stakeTooLow']);
  });
});
