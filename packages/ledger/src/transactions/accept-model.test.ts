import { describe, expect, it } from 'vitest';
import { Ledger } from '../block/ledger.ts';
import { modelTerms, proposeModel, voteTx } from '../testing/models.fixture.ts';
import { World } from '../testing/world.fixture.ts';

const statusOf = (world: World, model: number) => world.state.models.at(model).status;

describe('panels §4.5', () => {
  it('are drawn once blocks have passed and the beacon has turned, without the creator’s own validators', () => {
    for (let attempt = 0; attempt < 8; attempt++) {
      const world = new World({ validatorOperators: ['minerC', 'validator1', 'validator2', 'validator3'] });
      world.block(world.tx('minerC', 'registerModel', modelTerms({ name: String.fromCharCode(0x41 + attempt) })));
      for (let i = 0; i < 5; i++) world.block();
      expect(world.state.models.at(2).panel).toEqual([]);
      world.block(world.batchTx());
      expect(world.state.models.at(2).panel).toEqual([]);
      world.block(world.batchTx());
      const drawn = world.state.models.at(2).panel.map(({ validator }) => validator);
      expect(drawn.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
      expect(world.events.at(-1)).toEqual({ type: 'panelDrawn', model: 2, validators: drawn });
    }
  });

  it.each([
    [3, 2, true],
    [4, 3, true],
    [5, 4, true],
    [6, 4, true],
    [3, 2, false],
    [4, 2, false],
    [5, 2, false],
    [6, 3, false],
  ])('of %i decide with %i votes the same way: %o', (seats, needed, accepts) => {
    const params = { ...new World().genesis.params.models, panelSeats: seats, voteBlocks: 20 };
    const world = new World({ validators: 7, params: { models: params } });
    const { model, panel } = proposeModel(world);
    expect(panel).toHaveLength(seats);
    for (const [votes, validator] of panel.slice(0, needed).entries()) {
      expect(statusOf(world, model)).toBe('proposed');
      expect(world.codeOf(voteTx(world, validator, model, accepts))).toBe('OK');
      if (votes + 1 < needed) expect(world.state.models.at(model).panel[votes]?.vote).not.toBe('open');
    }
    expect(statusOf(world, model)).toBe(accepts ? 'accepted' : 'refused');
    const [yes, no] = accepts ? [needed, 0] : [0, needed];
    const counts = { seats, accepts: yes, refuses: no };
    expect(world.events.at(-1)).toEqual({ type: 'modelDecided', model, accepted: accepts, ...counts });
    expect(world.codeOf(voteTx(world, panel.at(-1) ?? 9, model, true))).toBe('NOT_ON_PANEL');
  });

  it('that stay silent get strikes and are drawn again', () => {
    const world = new World();
    const { model, panel } = proposeModel(world);
    const [first = 9, ...silent] = panel;
    world.block(voteTx(world, first, model, true));
    for (let i = 1; i < 4; i++) world.block();
    expect(world.state.models.at(model)).toMatchObject({ status: 'proposed', panel: [] });
    const strikes = Array.from(world.state.validators, (validator) => validator.strikes);
    expect(strikes).toEqual([0, 1, 2, 3].map((validator) => (silent.includes(validator) ? 1 : 0)));
    for (let i = 0; i < 2; i++) world.block(world.batchTx());
    expect(world.state.models.at(model).panel).toHaveLength(3);
    expect(world.state.models.at(model).panel.every(({ vote }) => vote === 'open')).toBe(true);
  });

  it('may vote up to and in the block of their deadline', () => {
    const world = new World();
    const { model, panel } = proposeModel(world);
    for (let i = 1; i < 4; i++) world.block();
    world.block(...panel.map((validator) => voteTx(world, validator, model, true)));
    expect(statusOf(world, model)).toBe('accepted');
  });

  it('go on in a ledger that begins from a snapshot', () => {
    const world = new World();
    const { model, panel } = proposeModel(world);
    world.ledger = Ledger.fromSnapshot(world.ledger.snapshot());
    world.block(...panel.map((validator) => voteTx(world, validator, model, true)));
    expect(statusOf(world, model)).toBe('accepted');
  });
});

describe('sessions §4.5', () => {
  it('are opened for a model once it is accepted', () => {
    const world = new World();
    const { model, panel } = proposeModel(world);
    expect(world.send('payer', 'openSession', world.session({ model }))).toBe('MODEL_NOT_ACCEPTED');
    world.block(...panel.map((validator) => voteTx(world, validator, model, true)));
    expect(world.send('payer', 'openSession', world.session({ model }))).toBe('OK');
  });

  it('are not opened for a refused model', () => {
    const world = new World();
    const { model, panel } = proposeModel(world);
    world.block(...panel.map((validator) => voteTx(world, validator, model, false)));
    expect(world.send('payer', 'openSession', world.session({ model }))).toBe('MODEL_NOT_ACCEPTED');
  });
});
