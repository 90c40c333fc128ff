import type { BodyValues, ResultCode } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { modelTerms, proposeModel, voteTx } from '../testing/models.fixture.ts';
import { FEE, World } from '../testing/world.fixture.ts';

describe('registerModel §4.4', () => {
  it('makes the sender the creator, pays the domain’s owner and proposes the model', () => {
    const world = new World();
    expect(world.send('minerC', 'registerModel', modelTerms())).toBe('OK');
    expect(world.balance('minerC')).toBe(1_000_000n - FEE - 50n);
    expect(world.balance('landlord')).toBe(1_000_050n);
    expect(world.state.modelOf('new')).toBe(2);
    expect(world.state.models.at(2)).toMatchObject({
      creator: world.address('minerC'),
      status: 'proposed',
      royaltyBps: 1000,
      panel: [],
    });
    expect(world.events).toEqual([{ type: 'modelRegistered', model: 2, creator: world.address('minerC') }]);
  });

  it.each<[ResultCode, Partial<BodyValues['registerModel']>]>([
    ['UNKNOWN_DOMAIN', { domain: 1, name: '' }],
    ['BAD_NAME', { name: '' }],
    ['BAD_NAME', { name: 'two words' }],
    ['BAD_NAME', { name: 'ümlaut' }],
    ['BAD_NAME', { name: '\u007f' }],
    ['BAD_NAME', { name: 'name\n' }],
    ['NAME_TAKEN', { name: 'large', contextTokens: 0 }],
    ['NAME_TAKEN', { name: 'large', fileHash: new Uint8Array(32) }],
    ['FILE_TAKEN', { fileHash: new Uint8Array(32).fill(1), contextTokens: 0 }],
    ['BAD_MODEL', { contextTokens: 0 }],
    ['BAD_MODEL', { difficultyPpm: 99_999 }],
    ['BAD_MODEL', { difficultyPpm: 10_000_001 }],
    ['BAD_MODEL', { t1ThresholdPpb: 100_000_001 }],
    ['SPLITS_TOO_HIGH', { royaltyBps: 8501 }],
    ['OK', { royaltyBps: 8500, difficultyPpm: 100_000, t1ThresholdPpb: 100_000_000, name: '~!' }],
    ['OK', { royaltyBps: 0, difficultyPpm: 10_000_000, name: 'n'.repeat(64) }],
  ])('%s for %o', (code, change) => {
    const world = new World();
    expect(world.send('minerC', 'registerModel', modelTerms(change))).toBe(code);
    expect(world.state.models.length).toBe(code === 'OK' ? 3 : 2);
  });

  it('counts the registration fee when it looks at the balance', () => {
    const [short, enough] = [FEE + 49n, FEE + 50n].map((balanceUnits) => new World({ balanceUnits }));
    expect(short?.send('minerC', 'registerModel', modelTerms())).toBe('INSUFFICIENT_BALANCE');
    expect(enough?.send('minerC', 'registerModel', modelTerms())).toBe('OK');
  });

  it('gives name and file free when their model is refused', () => {
    const world = new World();
    const { model, panel } = proposeModel(world);
    expect(world.send('payer', 'registerModel', modelTerms())).toBe('NAME_TAKEN');
    expect(world.send('payer', 'registerModel', modelTerms({ name: 'copy', domain: 0 }))).toBe('FILE_TAKEN');
    world.block(...panel.map((validator) => voteTx(world, validator, model, false)));
    expect(world.state.models.at(model).status).toBe('refused');
    expect(world.send('payer', 'registerModel', modelTerms())).toBe('OK');
    expect(world.state.modelOf('new')).toBe(model + 1);
    expect(world.send('minerC', 'registerModel', modelTerms({ name: 'copy' }))).toBe('FILE_TAKEN');
  });
});
