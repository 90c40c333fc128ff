import type { Transition } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { availabilityAfter } from '../standing/availability.ts';
import { weightOf } from '../standing/weight.ts';
import { World } from '../testing/world.fixture.ts';

const record = (world: World, ...transitions: Transition[]) =>
  world.codeOf(world.batchTx({ records: { transitions } }));
const miner = (world: World) => world.state.miners.standing(0);

describe('late steps §7.8', () => {
  it('count as the duty of the oracle and the strike of the miner, and take nothing from it', () => {
    const world = new World().populate();
    const receipt = world.receipt({ attempt: 1 });
    const { collateralUnits, trustPpb } = miner(world);
    expect(record(world, world.transition(receipt, { oracle: 1 }))).toBe('OK');
    expect(world.state.oracles.at(1).epochDuties).toBe(1);
    expect(miner(world)).toMatchObject({ strikes: 1, epochLate: 1, collateralUnits, trustPpb });
    const { taskId } = receipt;
    expect(world.events.at(-1)).toEqual({
      type: 'taskLate',
      taskId,
      step: 'precommit',
      attempt: 0,
      miner: 0,
      oracle: 1,
    });
    expect(world.state.transitions.allOf(taskId)).toMatchObject([{ step: 'precommit', height: world.height }]);
  });

  it('stand beside the receipt of the same task, in one batch', () => {
    const world = new World().populate();
    const receipt = world.receipt({ attempt: 2 });
    const transitions = [0, 1].map((attempt) => world.transition(receipt, { attempt }));
    expect(world.codeOf(world.batchTx({ receipts: [receipt], records: { transitions } }))).toBe('OK');
    expect(world.state.transitions.allOf(receipt.taskId).map(({ attempt }) => attempt)).toEqual([0, 1]);
    expect(world.state.taskOf(receipt.taskId)).toBeDefined();
  });

  it.each<[string, Partial<Transition>, string]>([
    ['an unknown session', { session: 7 }, 'TRANSITION_UNKNOWN_ROLE'],
    ['an unknown miner', { miner: 7 }, 'TRANSITION_UNKNOWN_ROLE'],
    ['an unknown oracle', { oracle: 2 }, 'TRANSITION_UNKNOWN_ROLE'],
    ['the mixer’s own step', { step: 'create' }, 'TRANSITION_BAD_STEP'],
    ['the end', { step: 'end' }, 'TRANSITION_BAD_STEP'],
    ['a replica the session does not pay for', { replica: 1 }, 'TRANSITION_BAD_STEP'],
    ['a kind of task that nobody is late with', { kind: 'training' }, 'TRANSITION_BAD_STEP'],
    ['an attempt beyond the last', { attempt: 4 }, 'TRANSITION_BAD_STEP'],
    ['a draw to come', { drawHeight: 3 }, 'TRANSITION_OUT_OF_TIME'],
  ])('are refused with %s', (_, change, code) => {
    const world = new World().populate();
    expect(record(world, world.transition(world.receipt(), change))).toBe(code);
  });

  it('are taken once for each attempt, within a batch and after it', () => {
    const world = new World().populate();
    const late = world.transition(world.receipt());
    expect(record(world, late, late)).toBe('TRANSITION_DUPLICATE');
    expect(record(world, late)).toBe('OK');
    expect(record(world, { ...late, oracle: 1 })).toBe('TRANSITION_DUPLICATE');
    expect(record(world, { ...late, attempt: 1 })).toBe('OK');
  });

  it('are forgotten once none could be taken for their draw (§2.5)', () => {
    const world = new World().populate();
    const late = world.transition(world.receipt());
    record(world, late);
    const { receiptLifetimeBlocks } = world.state.params;
    while (world.height < late.drawHeight + receiptLifetimeBlocks) world.block();
    expect(record(world, { ...late, attempt: 1 })).toBe('TRANSITION_OUT_OF_TIME');
    while (world.height < late.drawHeight + 2 * receiptLifetimeBlocks) world.block();
    world.finishEpoch();
    expect(world.state.transitions.length).toBe(0);
  });
});

describe('availability (verification §4.6)', () => {
  it('goes an eighth of the way to the part of the epoch’s tasks done in time', () => {
    const world = new World().populate();
    const [receipt, other, third] = [world.receipt(), world.receipt(), world.receipt()];
    world.block(
      world.batchTx({ receipts: [receipt, other, third], records: { transitions: [world.transition(receipt)] } }),
    );
    world.finishEpoch();
    // (7 · 1 + 3/4) / 8
    expect(miner(world)).toMatchObject({ availabilityPpb: 968_750_000, strikes: 1, epochCertified: 0, epochLate: 0 });
  });

  it('weighs in draws alone, and never ends a miner’s turns', () => {
    const world = new World().populate();
    const { weight } = miner(world);
    for (let epoch = 0; epoch < 2; epoch++) {
      const receipt = world.receipt();
      world.block(world.batchTx({ receipts: [receipt], records: { transitions: [world.transition(receipt)] } }));
      world.finishEpoch();
    }
    // (7 · (7 · 1 + 1/2) / 8 + 1/2) / 8
    expect(miner(world)).toMatchObject({ availabilityPpb: 882_812_500, weight: (weight * 8_828_125n) / 10_000_000n });
    expect(miner(world)).toMatchObject({ collateralUnits: 1000n, level: 0, cusumMilli: 0, trustPpb: 0 });
    const least = { trustPpb: 0, availabilityPpb: 1 };
    expect(weightOf(miner(world), least, { ...world.state.params.audit, minRoutingTrustPpb: 1 })).toBe(1n);
  });

  it('comes back to all of it for who is late no more', () => {
    let availabilityPpb = availabilityAfter({ availabilityPpb: 1_000_000_000, epochCertified: 0, epochLate: 9 });
    expect(availabilityPpb).toBe(875_000_000);
    for (let epoch = 0; epoch < 150; epoch++) {
      availabilityPpb = availabilityAfter({ availabilityPpb, epochCertified: 1, epochLate: 0 });
    }
    expect(availabilityPpb).toBe(1_000_000_000);
  });
});

describe('the oracles’ part of the emission (economics §3.2)', () => {
  it('is divided by late steps asked for × stake, and by stake without any', () => {
    const paid = (asked: readonly number[]) => {
      const params = { stacks: { minersBps: 0, securityBps: 10_000, creatorsBps: 0, gatewaysBps: 0, treasuryBps: 0 } };
      const world = new World({ params }).populate();
      for (const oracle of asked) record(world, world.transition(world.receipt(), { oracle }));
      world.finishEpoch();
      const close = world.events.findLast((event) => event.type === 'epochClosed')?.close;
      const pool = close?.pools.find(({ kind, stack }) => kind === 'oracle' && stack === 'security');
      return pool?.shares.map(({ role, weight }) => [role, weight]);
    };
    expect(paid([])).toEqual([
      [0, 100n],
      [1, 100n],
    ]);
    expect(paid([0, 1, 0])).toEqual([
      [0, 200n],
      [1, 100n],
    ]);
  });
});
