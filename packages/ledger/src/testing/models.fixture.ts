import type { BodyValues, NoiseProfile, ResultCode } from '@assay/protocol';
import { honest, World } from './world.fixture.ts';

/** What the engines 1 and 2 find of each other's honest answers. */
export const noiseProfile: NoiseProfile = {
  model: 0,
  minerEngine: new Uint8Array(32).fill(1),
  auditorEngine: new Uint8Array(32).fill(2),
  requests: 300,
  t1LimitPpb: 30_000_000,
  marginMicro: 400_000,
  substituteT1Ppb: 100_000_000,
  substituteMismatchesPpb: 240_000_000,
};

type Registration = BodyValues['registerModel'];

/** A model as an honest creator would register it. */
export function modelTerms(change: Partial<Registration> = {}): Registration {
  return {
    name: 'new',
    domain: 0,
    royaltyBps: 1000,
    fileHash: new Uint8Array(32).fill(3),
    manifestRoot: new Uint8Array(32).fill(4),
    contextTokens: 2048,
    priceInUnits: 2n,
    priceOutUnits: 4n,
    difficultyPpm: 2_000_000,
    t1ThresholdPpb: 35_000_000,
    ...change,
  };
}

/** Proposes a model of minerC's and turns the beacon until its panel is drawn. */
export function proposeModel(world: World): { readonly model: number; readonly panel: readonly number[] } {
  world.block(world.tx('minerC', 'registerModel', modelTerms()));
  for (let i = 0; i < world.state.params.audit.drawDelayBlocks; i++) world.block(world.batchTx());
  const model = world.state.models.length - 1;
  return { model, panel: world.state.models.at(model).panel.map(({ validator }) => validator) };
}

/** A validator's vote on a model. */
export function voteTx(world: World, validator: number, model: number, accepts: boolean): Uint8Array {
  return world.tx(`validator${validator}`, 'acceptModel', { model, accepts }, { feeUnits: 0n });
}

/** A world in which a model has two shareholders and two backers, and an approved task of 1,000 base units. */
export function propertyWorld(): World {
  const world = new World({ params: { epochBlocks: 32 } }).populate();
  const to = world.address('owner');
  world.block(
    world.tx('creator', 'transferModelShares', { model: 0, to, shares: 3000 }),
    world.tx('owner', 'backModel', { model: 0, amountUnits: 300n }),
    world.tx('payer', 'backModel', { model: 0, amountUnits: 100n }),
  );
  const receipt = world.receipt({ tokensIn: 100, tokensOut: 200 });
  world.certify(receipt);
  world.audit(receipt.taskId, new Map(world.auditorsOf(receipt.taskId).map((auditor) => [auditor, honest])));
  return world;
}

/** Buys so many shares for less than the two cost that are offered. */
export function buyShares(world: World, shares: number): ResultCode {
  world.send('creator', 'offerShares', { model: 0, shares: 2, priceUnits: 2n });
  return world.send('payer', 'buyShares', { model: 0, seller: world.address('creator'), shares, maxPriceUnits: 1n });
}
