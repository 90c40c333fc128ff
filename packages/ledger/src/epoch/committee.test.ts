import { describe, expect, it } from 'vitest';
import { committeeEpochs, committeeOf, nextCommittee } from '../draw/committee.ts';
import { EPOCH_GRACE_BLOCKS } from '../state/rules.ts';
import { mixerTerms, presenceTx, statusTx } from '../testing/roles.fixture.ts';
import { World } from '../testing/world.fixture.ts';

const mixersOf = (world: World, epoch = world.state.globals.epoch) =>
  committeeOf(world.state, epoch).map(({ mixer }) => mixer);

describe('the committee §7.1', () => {
  it('is all mixers of the genesis at first, and stays as it is without a change', () => {
    const world = new World();
    expect(mixersOf(world)).toEqual([0, 1, 2, 3]);
    world.finishEpoch();
    expect(mixersOf(world)).toEqual([0, 1, 2, 3]);
    expect(world.state.committees.length).toBe(1);
  });

  it('gains a registered mixer with the next epoch: until then it may neither sign nor issue', () => {
    const world = new World();
    world.block(world.tx('payer', 'registerMixer', mixerTerms(world)), presenceTx(world, 'stranger9'));
    expect(mixersOf(world)).toEqual([0, 1, 2, 3]);
    expect(world.codeOf(world.batchTx({ mixer: 4, sender: 'stranger9' }))).toBe('NOT_IN_COMMITTEE');
    const { events } = world.finishEpoch();
    expect(events).toContainEqual({ type: 'committeeChosen', fromEpoch: 1, mixers: [0, 1, 2, 3, 4] });
    expect(mixersOf(world)).toEqual([0, 1, 2, 3, 4]);
    // Three of five are not more than two thirds.
    expect(world.codeOf(world.batchTx({ signers: [0, 1, 4] }))).toBe('NOT_ENOUGH_SIGNERS');
    expect(world.codeOf(world.batchTx({ mixer: 4, sender: 'stranger9', signers: [0, 1, 3, 4] }))).toBe('OK');
    expect([...world.state.mixers].map((row) => row.epochDuties)).toEqual([1, 1, 0, 1, 1]);
  });

  it('loses one that pauses with the next epoch, and bit i is then seat i', () => {
    const world = new World();
    world.codeOf(statusTx(world, 'mixer1', 'paused'));
    expect(world.codeOf(world.batchTx({ mixer: 1 }))).toBe('OK');
    world.finishEpoch();
    expect(mixersOf(world)).toEqual([0, 2, 3]);
    expect(committeeEpochs(world.state, 0)).toEqual({ from: 0, through: 0 });
    expect(committeeEpochs(world.state, 1)).toEqual({ from: 1, through: 1 });
    expect(world.codeOf(world.batchTx({ mixer: 1 }))).toBe('NOT_IN_COMMITTEE');
    expect(world.codeOf(world.batchTx({ mixer: 3, signers: [0, 2] }))).toBe('NOT_ENOUGH_SIGNERS');
    const batch = world.batchTx({ mixer: 3 });
    expect(world.codeOf(batch)).toBe('OK');
    expect([...world.state.mixers].map((row) => row.epochDuties)).toEqual([1, 0, 1, 1]);
  });

  it('of the epoch before certifies in the first five blocks, by its own size and members (§7.3)', () => {
    const world = new World();
    world.codeOf(statusTx(world, 'mixer1', 'paused'));
    world.finishEpoch();
    const late = () => world.codeOf(world.batchTx({ mixer: 1, epoch: 0, signers: [0, 1, 2] }));
    for (let i = 0; i <= EPOCH_GRACE_BLOCKS; i++) expect(late()).toBe('OK');
    expect(late()).toBe('WRONG_EPOCH');
  });

  it('is the 128 with the most stake; of equals the lower index', () => {
    const world = new World({ mixers: 128, params: { epochBlocks: 16 } });
    world.block(world.tx('payer', 'registerMixer', mixerTerms(world)), presenceTx(world, 'stranger9'));
    expect(nextCommittee(world.state).map(({ mixer }) => mixer)).toEqual(Array.from({ length: 128 }, (_, i) => i));
    world.block(world.tx('payer', 'bond', { kind: 'mixer', role: 128, amountUnits: 1n }));
    expect(nextCommittee(world.state).map(({ mixer }) => mixer)).toEqual([
      ...Array.from({ length: 127 }, (_, i) => i),
      128,
    ]);
  });

  it('stays while nobody else is active', () => {
    const world = new World({ mixers: 2 });
    const { state } = world;
    // Ejections may leave no mixer; transactions cannot.
    for (const mixer of [0, 1]) {
      const rows = state.mixers as typeof state.mixers & { update(index: number, change: object): void };
      rows.update(mixer, { status: 'ejected' });
    }
    world.finishEpoch();
    expect(mixersOf(world)).toEqual([0, 1]);
  });
});
