import { toHex } from '@assay/ssz';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consensusTerms } from '../testing/keys.fixture.ts';
import { worldParams } from '../testing/params.fixture.ts';
import { roleAct } from '../testing/random-roles.fixture.ts';
import { statusTx, validatorTerms } from '../testing/roles.fixture.ts';
import { World } from '../testing/world.fixture.ts';
import { type ConsensusValidator, consensusChanges, consensusSet } from './consensus-set.ts';

describe('the consensus set (economics §8.4)', () => {
  const of = (validator: number, key: number, power: number): ConsensusValidator => {
    return { validator, consensusKey: new Uint8Array(32).fill(key), power };
  };

  it('is the validators with power and their keys, and changes by keys', () => {
    const world = new World();
    world.block(world.tx('payer', 'registerValidator', validatorTerms(world, { stakeUnits: 500n })));
    const before = consensusSet(world.state);
    expect(before).toEqual(
      [0, 1, 2, 3].map((i) => {
        return { validator: i, consensusKey: world.key(`consensus${i}`).publicKey, power: 250_000_000 };
      }),
    );
    const terms = consensusTerms(world.key('consensus8'), world.address('payer'));
    world.send('payer', 'rotateConsensusKey', { validator: 4, ...terms });
    world.block(statusTx(world, 'validator3', 'paused'));
    world.finishEpoch();
    const after = consensusSet(world.state);
    expect(after.map(({ validator }) => validator)).toEqual([0, 1, 2, 4]);
    expect(after.at(-1)?.consensusKey).toEqual(world.key('consensus8').publicKey);
    const changes = consensusChanges(before, after);
    expect(changes.map(({ validator, power }) => [validator, power > 0])).toEqual([
      [3, false],
      [4, true],
    ]);
  });

  it('tells a validator with another key as one that leaves and one that comes', () => {
    expect(consensusChanges([of(0, 1, 5), of(1, 2, 5)], [of(0, 1, 5), of(1, 3, 5)])).toEqual([
      of(1, 2, 0),
      of(1, 3, 5),
    ]);
    expect(consensusChanges([of(0, 1, 5)], [of(0, 1, 6)])).toEqual([of(0, 1, 6)]);
    expect(consensusChanges([of(0, 1, 5)], [of(0, 1, 5)])).toEqual([]);
  });

  it('is never empty, and follows from its changes, whoever comes, pauses, rotates and goes', () => {
    const blocks = fc.array(fc.array(roleAct, { maxLength: 5 }), { minLength: 20, maxLength: 60, size: 'max' });
    const stakes = { ...worldParams.stake, validatorMinUnits: 1n };
    const changed = { keys: 0, leavers: 0 };
    fc.assert(
      fc.property(blocks, (acts) => {
        const world = new World({ params: { epochBlocks: 4, stake: stakes } }).populate();
        let before = consensusSet(world.state);
        const told = new Map(before.map(({ consensusKey, power }) => [toHex(consensusKey), power]));
        for (const each of acts) {
          world.block(...each.flatMap((act) => act(world)));
          const after = consensusSet(world.state);
          const changes = consensusChanges(before, after);
          expect(new Set(changes.map(({ consensusKey }) => toHex(consensusKey))).size).toBe(changes.length);
          for (const { consensusKey, power } of changes) {
            if (power === 0) changed.leavers++;
            else if (!told.has(toHex(consensusKey))) changed.keys++;
            if (power === 0) told.delete(toHex(consensusKey));
            else told.set(toHex(consensusKey), power);
          }
          expect(told).toEqual(new Map(after.map(({ consensusKey, power }) => [toHex(consensusKey), power])));
          expect(after.reduce((sum, { power }) => sum + power, 0)).toBe(1_000_000_000);
          before = after;
        }
      }),
      { numRuns: 60 },
    );
    expect(changed.keys).toBeGreaterThan(20);
    expect(changed.leavers).toBeGreaterThan(20);
  });

  it('stays as it is while nobody active has stake or work', () => {
    const stake = { validatorMinUnits: 0n };
    const world = new World({ validators: 1, edit: (genesis) => withStake(genesis, stake) });
    const before = consensusSet(world.state);
    world.block(world.tx('payer', 'transfer', { to: world.address('validator0'), amountUnits: 100n }));
    const amountUnits = world.state.validators.at(0).stakeUnits;
    expect(world.send('validator0', 'unbond', { kind: 'validator', role: 0, amountUnits })).toBe('OK');
    world.finishEpoch();
    expect(consensusSet(world.state)).toEqual(before);
    expect(world.events.findLast(({ type }) => type === 'powersSet')).toMatchObject({
      powers: [{ stakeUnits: 0n, work: 0n, targetPpb: 0, powerPpb: 1_000_000_000 }],
    });
  });
});

const withStake = (genesis: World['genesis'], change: Partial<World['genesis']['params']['stake']>) => ({
  ...genesis,
  params: { ...genesis.params, stake: { ...genesis.params.stake, ...change } },
});
