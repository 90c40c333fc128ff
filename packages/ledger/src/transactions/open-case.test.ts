import { describe, expect, it } from 'vitest';
import { answer, caseWorld, members } from '../testing/cases.fixture.ts';
import type { World } from '../testing/world.fixture.ts';

const reasonHash = new Uint8Array(32).fill(5);
const open = (world: World, change: object = {}, sender: 'stranger1' | 'payer' = 'stranger1') =>
  world.send(sender, 'openCase', { kind: 'miner', role: 0, amountUnits: 60n, reasonHash, ...change });

describe('openCase §10.9', () => {
  it('holds an amount for the foundation to decide on', () => {
    const world = caseWorld();
    expect(open(world)).toBe('OK');
    expect(world.state.cases.at(0)).toMatchObject({
      cause: 'byHand',
      status: 'review',
      subject: reasonHash,
      heldUnits: 60n,
      finders: [],
    });
    expect(world.state.miners.at(0).collateralUnits).toBe(940n);
    // Who opened it has not decided on it.
    for (const member of members.slice(0, 2)) world.send(member, 'decideCase', { case: 0, isFine: true });
    expect(world.events.at(-1)).toMatchObject({ type: 'caseExecuted', rewards: [], burnedUnits: 60n });
  });

  it('keeps the caps, with all that others hold (economics §6.4)', () => {
    const world = caseWorld();
    answer(world);
    for (const held of [90n, 81n, 29n]) {
      expect(open(world, { amountUnits: 1_000_000n })).toBe('OK');
      expect(world.state.cases.at(world.state.cases.length - 1).heldUnits).toBe(held);
    }
    expect(open(world)).toBe('NOTHING_TO_HOLD');
  });

  it('is for members of the foundation, about a stake there is', () => {
    const world = caseWorld();
    expect(open(world, {}, 'payer')).toBe('NOT_FOUNDATION');
    expect(open(world, { amountUnits: 0n })).toBe('ZERO_AMOUNT');
    expect(open(world, { role: 7 })).toBe('NOTHING_TO_HOLD');
    world.send('payer', 'delegate', { miner: 0, amountUnits: 90n });
    world.send('payer', 'undelegate', { miner: 0, amountUnits: 90n });
    expect(open(world, { kind: 'delegation' })).toBe('NOTHING_TO_HOLD');
    expect(open(world, { kind: 'backing' })).toBe('NOTHING_TO_HOLD');
  });

  it('is over with phase 1', () => {
    expect(open(caseWorld({ foundationReview: false }))).toBe('NO_REVIEW');
  });
});
