import { World } from '@assay/ledger/fixture';
import { describe, expect, it } from 'vitest';
import { Committee } from './committee.ts';

/** What mixer 0 of three knows, block by block: `said` has those that each block is heard from. */
function through(said: readonly (readonly number[])[], know: (committee: Committee, state: World['state']) => unknown) {
  const world = new World({ mixers: 3, params: { epochBlocks: 4096 } });
  const committee = new Committee(0);
  return said.map((mixers) => {
    world.block();
    const { height } = world.state.globals;
    for (const mixer of mixers) committee.heard(mixer, { said: height, known: height });
    return know(committee, world.state);
  });
}

const [both, first, none] = [[1, 2], [1], []];

describe('whether a home mixer is away (§5.6)', () => {
  const isAway = (committee: Committee, state: World['state']) => !committee.isPresent(2, state);

  it('is known after more than eight blocks', () => {
    const said = [...Array(5).fill(both), ...Array(10).fill(first)];
    expect(through(said, isAway).indexOf(true)).toBe(13);
  });

  it('does not change when somebody sends an old word of it again (§14.2)', () => {
    const said = [...Array(5).fill(both), ...Array(10).fill(first)];
    const replayed = through(said, (committee, state) => {
      const { height } = state.globals;
      if (height > 5) committee.heard(2, { said: 5, known: height });
      return isAway(committee, state);
    });
    expect(replayed.indexOf(true)).toBe(13);
    const ahead = through(said, (committee, state) => {
      committee.heard(2, { said: 1_000_000, known: state.globals.height });
      return isAway(committee, state);
    });
    expect(ahead.indexOf(true)).toBe(10);
  });

  it('is not known to a mixer that was three blocks behind when it heard it last, before the others know it', () => {
    const world = new World({ mixers: 3, params: { epochBlocks: 4096 } });
    const committee = new Committee(0);
    const behind = 3;
    const hear = (mixers: readonly number[], ahead: number) => {
      world.block();
      const known = world.state.globals.height;
      for (const mixer of mixers) committee.heard(mixer, { said: known + ahead, known });
    };
    for (let n = 0; n < 10; n++) hear(both, behind);
    for (let n = 0; n < behind; n++) hear(none, 0);
    // The others signed nothing of another mixer so soon (§5.6.1).
    for (let silent = 1; silent <= 3; silent++) {
      hear(first, 0);
      expect(committee.isPresent(2, world.state)).toBe(true);
    }
  });

  it('is not known to a mixer that was away itself, until it has heard others for as long', () => {
    const said = [...Array(5).fill(both), ...Array(12).fill(none), ...Array(12).fill(first)];
    const away = through(said, isAway);
    expect(away.lastIndexOf(false)).toBe(25);
    expect(away.slice(17, 26)).toEqual(Array(9).fill(false));
  });
});

describe('whether this mixer is behind the chain (§5.21)', () => {
  const behind = (...heights: number[]) => {
    const world = new World({ mixers: heights.length + 1, params: { epochBlocks: 4096 } });
    for (let n = 0; n < 10; n++) world.block();
    const committee = new Committee(0);
    for (const [i, said] of heights.entries()) committee.heard(i + 1, { said, known: 10 });
    return committee.isBehind(world.state);
  };

  it('is what more than a third of the committee say, by more than four blocks', () => {
    expect(behind(15, 15, 10)).toBe(true);
    expect(behind(14, 14, 14)).toBe(false);
    expect(behind(1_000_000, 10, 10)).toBe(false);
    expect(behind(1_000_000, 10)).toBe(false);
    expect(behind(15, 15, 10, 10, 10)).toBe(false);
    expect(behind()).toBe(false);
  });
});

describe('who was there when a task began (§5.6.1)', () => {
  it('is not who is just back: another mixer may not have heard of it', () => {
    const said = [...Array(5).fill(both), ...Array(6).fill(first), ...Array(5).fill(both)];
    const present = through(said, (committee, state) => committee.present(state).has(2));
    expect(present).toEqual([...Array(8).fill(true), ...Array(6).fill(false), true, true]);
  });
});
