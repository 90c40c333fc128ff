import { LoadingMiner } from '@assay/roles/miner/index';
import { describe, expect, it } from 'vitest';
import { startWorld } from './start.fixture.ts';

const silent = { start: async () => {}, stop: async () => {} };

/** A world in which another service answers for miner 0, after it was asked for 24 answers and an epoch is over. */
async function asked(first: 'loading' | 'silent') {
  const net = await startWorld({
    miners: 2,
    params: { epochBlocks: 64 },
    attack: ({ spec, equipment, make }) => {
      if (spec.kind !== 'miner' || spec.index !== 0) return make(equipment);
      return first === 'silent' ? silent : new LoadingMiner(equipment.context);
    },
  });
  for (let i = 0; i < 24; i++) await net.ask({ maxTokens: 4 });
  await net.until(() => net.chain.head().globals.epoch >= 2);
  return [0, 1].map((miner) => net.chain.head().miners.standing(miner));
}

describe('a miner that still loads its model §20.9', () => {
  it('loses its turns, and nothing of what the network thinks of it', async () => {
    const [loading, other] = await asked('loading');
    expect(loading).toMatchObject({ strikes: 0, availabilityPpb: 1_000_000_000, rejected: 0, tasks: 0 });
    expect(other?.tasks).toBeGreaterThanOrEqual(24);
  });

  it('would be late if nobody answered in its place', async () => {
    const [gone] = await asked('silent');
    expect(gone?.strikes).toBeGreaterThan(0);
    expect(gone?.availabilityPpb).toBeLessThan(1_000_000_000);
  });
});
