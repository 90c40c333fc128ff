import type { Receipt } from '@assay/protocol';
import { quickKeys } from './keys.fixture.ts';
import { worldParams } from './params.fixture.ts';
import { requestHashOf, type Sender, World, type WorldOptions } from './world.fixture.ts';

const operators: readonly Sender[] = ['minerA', 'minerB', 'minerC', 'stranger1', 'stranger2'];

/**
 * A world that compares answers, with five miners and, beside session 0, session 1 of that redundancy. `evidenceLevels`
 * are those of the miners.
 */
export function replicaWorld(
  redundancy: 3 | 5,
  { evidenceLevels = [], ...options }: WorldOptions & { readonly evidenceLevels?: readonly number[] } = {},
): World {
  const params = { epochBlocks: 32, poi: { outlierPpb: 850_000_000 }, ...options.params };
  const world = new World({ ...options, params });
  for (const name of ['stranger1', 'stranger2'] as const) {
    world.send('payer', 'transfer', { to: world.address(name), amountUnits: 2000n });
  }
  for (const [miner, operator] of operators.entries()) {
    world.send(operator, 'registerMiner', world.registration({ evidenceLevel: evidenceLevels[miner] ?? 2 }));
  }
  world.send('payer', 'openSession', world.session());
  world.send('payer', 'openSession', world.session({ redundancy }));
  return world;
}

/** The receipts of the replicas of one request, miner i doing replica i, by their similarities in percent. */
export function replicas(world: World, request: number, percents: readonly number[]): Receipt[] {
  const requestHash = requestHashOf(request);
  return percents.map((percent, replica) =>
    world.receipt({ session: 1, requestHash, replica, miner: replica, similarityPpb: percent * 10_000_000 }),
  );
}

/** A world whose epochs take so many tokens of the network's own, with a miner and background session 1. */
export function backgroundWorld(maxTokensPerEpoch: number, options: WorldOptions = {}): World {
  const foundation = [quickKeys.account('landlord').address];
  const cases = { ...worldParams.cases, gainPpb: 600_000_000, foundation };
  const params = { background: { maxTokensPerEpoch }, cases, ...options.params };
  const world = new World({ ...options, params }).populate();
  world.send('landlord', 'openSession', world.session({ isBackground: true, depositUnits: 0n }));
  return world;
}
