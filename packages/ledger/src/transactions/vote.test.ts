import { describe, expect, it } from 'vitest';
import { World } from '../testing/world.fixture.ts';

/** A world with miner 0 of minerA and proposal 0. */
function newWorld(): World {
  const world = new World().populate();
  const action = { kind: 'parameterChange' as const, value: { path: 'halvingDays', value: '7' } };
  world.send('payer', 'propose', { action });
  return world;
}

describe('vote §12.1', () => {
  it('keeps the last vote of each account', () => {
    const world = newWorld();
    expect(world.send('minerA', 'vote', { proposal: 0, choice: 'yes' })).toBe('OK');
    expect(world.send('minerA', 'vote', { proposal: 0, choice: 'veto' })).toBe('OK');
    expect([...world.state.votes]).toEqual([{ proposal: 0, voter: world.address('minerA'), choice: 'veto' }]);
  });

  it('weighs the collateral a voter owns and what it delegated', () => {
    const world = newWorld();
    world.block(
      world.tx('payer', 'delegate', { miner: 0, amountUnits: 30n }),
      world.tx('payer', 'vote', { proposal: 0, choice: 'no' }),
      world.tx('owner', 'vote', { proposal: 0, choice: 'yes' }),
      // It operates the miner, but the collateral is its owner's.
      world.tx('minerA', 'vote', { proposal: 0, choice: 'veto' }),
    );
    for (let epoch = 0; epoch < 3; epoch++) world.finishEpoch();
    const ended = world.events.find((event) => event.type === 'votingEnded');
    expect(ended).toMatchObject({
      outcome: 'noQuorum',
      count: { yesUnits: 1000n, noUnits: 30n, vetoUnits: 0n, totalUnits: 7330n },
    });
  });

  it('is refused without a proposal, and after the end', () => {
    const world = newWorld();
    expect(world.send('minerA', 'vote', { proposal: 1, choice: 'yes' })).toBe('UNKNOWN_PROPOSAL');
    for (let epoch = 0; epoch < 3; epoch++) world.finishEpoch();
    expect(world.send('minerA', 'vote', { proposal: 0, choice: 'yes' })).toBe('VOTING_OVER');
  });
});
