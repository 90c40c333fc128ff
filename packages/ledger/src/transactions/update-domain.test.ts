import type { DomainTerms } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { splitsOf, termsAt, termsOf } from '../stake/domains.ts';
import { domainTerms } from '../testing/domains.fixture.ts';
import { modelTerms, proposeModel, voteTx } from '../testing/models.fixture.ts';
import { honest, World } from '../testing/world.fixture.ts';

const update = (world: World, change: Partial<DomainTerms>) =>
  world.send('landlord', 'updateDomain', { domain: 0, terms: domainTerms(world.genesis, change) });

describe('updateDomain §4.9', () => {
  it('is the owner’s alone', () => {
    const world = new World();
    const terms = domainTerms(world.genesis);
    expect(world.send('payer', 'updateDomain', { domain: 1, terms })).toBe('UNKNOWN_DOMAIN');
    expect(world.send('payer', 'updateDomain', { domain: 0, terms: { ...terms, burnBps: 1 } })).toBe('NOT_OWNER');
    expect(update(world, { burnBps: 1 })).toBe('BURN_OUT_OF_BOUNDS');
    expect(update(world, {})).toBe('OK');
  });

  it('holds from the second epoch after its own, and not a block before', () => {
    const world = new World();
    const { height } = world.state.globals;
    expect(update(world, { minCollateralUnits: 2000n, registrationFeeUnits: 70n })).toBe('OK');
    expect(world.events.at(-1)).toEqual({ type: 'domainUpdated', domain: 0, fromEpoch: 2 });
    world.finishEpoch();
    while (world.height < 30) world.block();
    expect(world.send('minerA', 'registerMiner', world.registration())).toBe('OK');
    expect(world.balance('landlord')).toBe(1_000_000n - 10n + 50n);
    expect(world.height).toBe(31);
    expect(world.send('minerB', 'registerMiner', world.registration())).toBe('COLLATERAL_TOO_LOW');
    expect(world.send('minerB', 'registerMiner', world.registration({ collateralUnits: 2000n }))).toBe('OK');
    expect(world.balance('landlord')).toBe(1_000_000n - 10n + 50n + 70n);
    expect(termsOf(world.state, 0)).toMatchObject({ fromEpoch: 2, height: height + 1 });
  });

  it('takes the place of what was announced and does not hold yet', () => {
    const world = new World();
    update(world, { registrationFeeUnits: 1n });
    world.finishEpoch();
    update(world, { registrationFeeUnits: 2n });
    expect(world.state.domains.at(0).terms.map((each) => each.fromEpoch)).toEqual([0, 3]);
    for (let i = 0; i < 2; i++) world.finishEpoch();
    update(world, { registrationFeeUnits: 3n });
    expect(world.state.domains.at(0).terms.map((each) => each.registrationFeeUnits)).toEqual([2n, 3n]);
  });

  it('divides the prices an epoch pays by the terms that hold in it', () => {
    const world = new World({ params: { epochBlocks: 32 } }).populate();
    const paid = () => {
      const receipt = world.receipt({ tokensIn: 100, tokensOut: 200 });
      world.certify(receipt);
      world.audit(receipt.taskId, new Map(world.auditorsOf(receipt.taskId).map((auditor) => [auditor, honest])));
      return world.finishEpoch().events.flatMap((event) => (event.type === 'taskPaid' ? [event.parts] : []));
    };
    update(world, { burnBps: 2000, domainBps: 100 });
    const old = { burnUnits: 50n, processorsUnits: 30n, domainUnits: 20n, minersUnits: 750n };
    expect(paid()).toMatchObject([old]);
    expect(paid()).toMatchObject([old]);
    expect(paid()).toMatchObject([{ burnUnits: 200n, processorsUnits: 30n, domainUnits: 10n, minersUnits: 610n }]);
  });

  it('leaves room for the dearest royalty of its models, but not for a refused one', () => {
    const world = new World();
    expect(update(world, { domainBps: 7701 })).toBe('SPLITS_TOO_HIGH');
    expect(update(world, { domainBps: 7700 })).toBe('OK');
    const other = new World();
    const { model, panel } = proposeModel(other);
    expect(update(other, { domainBps: 7700 })).toBe('OK');
    other.block(
      other.tx(
        'payer',
        'registerModel',
        modelTerms({ name: 'a', royaltyBps: 0, fileHash: new Uint8Array(32).fill(4) }),
      ),
    );
    expect(other.state.models.length).toBe(model + 2);
    other.block(...panel.map((validator) => voteTx(other, validator, model, false)));
    expect(update(other, { domainBps: 7701 })).toBe('SPLITS_TOO_HIGH');
  });

  it('lets no model in whose royalty does not fit what was announced', () => {
    const world = new World();
    const propose = (royaltyBps: number) => world.send('minerC', 'registerModel', modelTerms({ royaltyBps }));
    update(world, { domainBps: 7000 });
    expect(propose(1701)).toBe('SPLITS_TOO_HIGH');
    expect(propose(1700)).toBe('OK');
  });
});

describe('the burned part of a price §4.9', () => {
  const world = new World();
  const terms = domainTerms(world.genesis);

  it.each([
    [{ minBurnBps: 100, maxBurnBps: 3000 }, 500],
    [{ minBurnBps: 900, maxBurnBps: 3000 }, 900],
    [{ minBurnBps: 0, maxBurnBps: 400 }, 400],
    // 10,000 − 300 − 500 − 200 and the royalty: nothing is left for the miner, and nothing is taken twice.
    [{ minBurnBps: 9500, maxBurnBps: 10_000 }, 8000],
  ])('follows the bounds %o', (bounds, burnBps) => {
    expect(splitsOf(terms, bounds, 1000)).toEqual({
      burnBps,
      processorsBps: 300,
      validatorsBps: 500,
      domainBps: 200,
    });
  });

  it('is that of the terms in force', () => {
    expect(termsAt(world.state.domains.at(0), 7).burnBps).toBe(500);
  });
});
