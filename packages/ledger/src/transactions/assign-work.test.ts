import { noValidator, type ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { type Sender, World } from '../testing/world.fixture.ts';

describe('assignWork economics §8.3', () => {
  it('names a validator, or none', () => {
    const world = new World().populate();
    expect(world.state.miners.at(0).validator).toBe(noValidator);
    expect(world.send('minerA', 'assignWork', { miner: 0, validator: 3 })).toBe('OK');
    expect(world.state.miners.at(0).validator).toBe(3);
    expect(world.send('minerA', 'assignWork', { miner: 0, validator: noValidator })).toBe('OK');
    expect(world.state.miners.at(0).validator).toBe(noValidator);
  });

  it.each<[ResultCode, Sender, { miner: number; validator: number }]>([
    ['UNKNOWN_ROLE', 'minerA', { miner: 1, validator: 0 }],
    ['UNKNOWN_ROLE', 'minerA', { miner: 0, validator: 4 }],
    ['NOT_OWNER', 'owner', { miner: 0, validator: 0 }],
  ])('%s for %s with %o', (code, sender, body) => {
    expect(new World().populate().send(sender, 'assignWork', body)).toBe(code);
  });
});
