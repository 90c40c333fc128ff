import type { StakeKind } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { mixerTerms, presenceTx, roleTerms, statusTx } from '../testing/roles.fixture.ts';
import { type Sender, World } from '../testing/world.fixture.ts';
import { committeeOf } from './committee.ts';

const seats = (world: World) => committeeOf(world.state, world.state.globals.epoch).map(({ mixer }) => mixer);
/** Ends the epoch after a block in which these mixers sign a batch that is too few, or say that they are there. */
function endEpochWith(world: World, ...mixers: readonly number[]) {
  world.block(...mixers.map((mixer) => presenceTx(world, `mixer${mixer}`)));
  return world.finishEpoch();
}
const register = (world: World, name: Sender) => world.tx('payer', 'registerMixer', mixerTerms(world, { name }));

describe('presence §7.12', () => {
  it('is shown by a signed certificate or by a word, once in an epoch', () => {
    const world = new World();
    world.finishEpoch();
    expect(world.codeOf(world.batchTx({ signers: [0, 1, 2] }))).toBe('OK');
    expect(world.codeOf(presenceTx(world, 'mixer0'))).toBe('ALREADY_PRESENT');
    expect(world.codeOf(presenceTx(world, 'mixer3'))).toBe('OK');
    expect(world.codeOf(presenceTx(world, 'mixer3'))).toBe('ALREADY_PRESENT');
    expect([...world.state.mixers].map(({ seenUntil }) => seenUntil)).toEqual([2, 2, 2, 2]);
  });

  it('is free, of the role with the key, and cannot be signed ahead', () => {
    const world = new World();
    const old = world.state.globals.epochBeacon;
    world.finishEpoch();
    const { treasuryUnits } = world.state.globals;
    const say = (sender: Sender, kind: StakeKind, epochBeacon = world.state.globals.epochBeacon, feeUnits = 0n) =>
      world.send(sender, 'presence', { kind, epochBeacon }, { feeUnits });
    expect(say('mixer0', 'mixer', old)).toBe('WRONG_EPOCH');
    expect(say('mixer0', 'oracle')).toBe('FEE_TOO_LOW');
    expect(say('payer', 'oracle', old, 10n)).toBe('UNKNOWN_ROLE');
    expect(say('gateway0', 'gateway')).toBe('FEE_TOO_LOW');
    expect(say('oracle0', 'oracle')).toBe('OK');
    expect(say('validator1', 'validator')).toBe('OK');
    expect(world.state.globals.treasuryUnits).toBe(treasuryUnits + 10n);
  });
});

describe('seats are held §7.13', () => {
  it('are not given to mixers that registered and never came: the network goes on', () => {
    const world = new World();
    world.block(register(world, 'stranger8'), register(world, 'stranger9'));
    for (let epoch = 0; epoch < 3; epoch++) {
      expect(world.codeOf(world.batchTx())).toBe('OK');
      world.finishEpoch();
      expect(seats(world)).toEqual([0, 1, 2, 3]);
    }
  });

  it('are lost by silence, with a strike, and no certificate is needed for that', () => {
    const world = new World({ mixers: 6 });
    world.finishEpoch();
    // Four of six are not more than two thirds: nothing is certified in this epoch, and the blocks go on.
    expect(world.codeOf(world.batchTx({ signers: [0, 1, 2, 3] }))).toBe('NOT_ENOUGH_SIGNERS');
    const { events } = endEpochWith(world, 0, 1, 2, 3);
    expect(events).toContainEqual({ type: 'roleAbsent', kind: 'mixer', role: 5 });
    expect(seats(world)).toEqual([0, 1, 2, 3]);
    expect(world.codeOf(world.batchTx())).toBe('OK');
    expect([...world.state.mixers].map(({ strikes }) => strikes)).toEqual([0, 0, 0, 0, 1, 1]);
  });

  it('are at most halved by one epoch’s end, and back within two whoever is left', () => {
    const world = new World({ mixers: 4 });
    world.finishEpoch();
    endEpochWith(world, 3);
    expect(seats(world)).toEqual([0, 3]);
    expect([...world.state.mixers].map(({ strikes }) => strikes)).toEqual([1, 1, 1, 0]);
    endEpochWith(world, 3);
    expect(seats(world)).toEqual([3]);
    expect(world.codeOf(world.batchTx({ mixer: 3 }))).toBe('OK');
  });

  it('come back with a proof of presence, after as many epochs as there are strikes', () => {
    const world = new World();
    world.finishEpoch();
    const waits = [1, 2].map(() => {
      endEpochWith(world, 0, 1, 2);
      expect(seats(world)).toEqual([0, 1, 2]);
      let epochs = 0;
      for (; !seats(world).includes(3); epochs++) endEpochWith(world, 0, 1, 2, 3);
      return epochs;
    });
    expect(waits).toEqual([1, 2]);
    expect(world.state.mixers.at(3).strikes).toBe(2);
  });

  it('stay as they are, without a strike, when nobody shows up at all', () => {
    const world = new World();
    for (let epoch = 0; epoch < 3; epoch++) world.finishEpoch();
    expect(seats(world)).toEqual([0, 1, 2, 3]);
    expect([...world.state.mixers].every(({ strikes }) => strikes === 0)).toBe(true);
  });

  it('cost a paused mixer no strike', () => {
    const world = new World();
    world.codeOf(statusTx(world, 'mixer1', 'paused'));
    world.finishEpoch();
    endEpochWith(world, 0, 2, 3);
    expect(world.state.mixers.at(1)).toMatchObject({ status: 'paused', strikes: 0 });
  });
});

describe('validators and oracles that are not there §7.12', () => {
  it('a validator that missed a turn unseen is drawn no more until it is seen', () => {
    const world = new World({ validators: 2 }).populate();
    for (let epoch = 0; epoch < 2; epoch++) world.finishEpoch();
    const drawn = () => {
      const receipt = world.receipt();
      world.certify(receipt);
      return { taskId: receipt.taskId, auditors: world.auditorsOf(receipt.taskId) };
    };
    // Both miss their turn, and validator 1 says that it is there.
    world.block(presenceTx(world, 'validator1', 'validator'));
    drawn();
    for (let block = 0; block < 4; block++) world.block(world.batchTx());
    expect(world.state.validators.at(1)).toMatchObject({ strikes: 1, seenUntil: world.state.globals.epoch + 1 });
    expect(world.state.validators.at(0)).toMatchObject({ strikes: 1, seenUntil: 0 });
    for (let i = 0; i < 8; i++) expect(drawn().auditors.includes(0)).toBe(false);
    world.block(presenceTx(world, 'validator0', 'validator'));
    expect(world.state.validators.at(0).seenUntil).toBe(world.state.globals.epoch + 1);
    expect(Array.from({ length: 12 }, drawn).some(({ auditors }) => auditors.includes(0))).toBe(true);
  });

  it('an oracle that shows nothing for an epoch gets one strike, until it shows itself again', () => {
    const world = new World();
    const { publicKey, operator } = roleTerms(world, 'oracle');
    const terms = { kind: 'oracle' as const, publicKey, operator, stakeUnits: 100n };
    world.block(world.tx('payer', 'registerRole', terms));
    world.finishEpoch();
    world.block(presenceTx(world, 'oracle0', 'oracle'));
    const { events } = world.finishEpoch();
    const absent = events.filter((event) => event.type === 'roleAbsent');
    expect(absent.map(({ kind, role }) => [kind, role])).toEqual([
      ['oracle', 1],
      ['oracle', 2],
    ]);
    world.finishEpoch();
    expect([...world.state.oracles].map(({ strikes }) => strikes)).toEqual([1, 1, 1]);
    world.block(presenceTx(world, 'oracle1', 'oracle'));
    expect(world.state.oracles.at(1).seenUntil).toBe(4);
  });
});
