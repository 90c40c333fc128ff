import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../store/store.ts';
import { Application } from '../application.ts';
import { testChain } from '../chain.fixture.ts';
import { Retention } from './retention.ts';

const chain = testChain({ epochBlocks: 1000 });

describe('the blocks that CometBFT keeps §18.13', () => {
  let dir = '';
  let store: Store;
  let application: Application;
  let snapshotEvery = 0;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'assay-retention-'));
    snapshotEvery = 1000;
    store = await openStore({ dir, genesisHash: chain.hash });
  });
  afterEach(async () => {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  });
  /** A chain of blocks that come so many milliseconds after each other. */
  const grown = async (count: number, blockMs: number) => {
    const options = { store, genesis: chain.genesis, onFatal: () => {}, snapshotEvery };
    application = await Application.restore(options);
    for (let i = 0; i < count; i++) {
      const { height, timeMs } = application.head().globals;
      application.apply({ height: height + 1, timeMs: timeMs + blockMs, transactions: [] });
      await application.commit(null);
    }
  };
  const kept = (blocks: number, ms: number, unsealed = () => store.height) =>
    new Retention({ store, evidenceAge: { blocks, ms }, unsealed }).next();

  it('are those that are not too old by height and by time', async () => {
    await grown(60, 100);
    expect(kept(20, 500)).toBe(40);
    // A block at the age itself still counts: that of height 30.
    expect(kept(20, 3000)).toBe(30);
    expect(kept(100, 500)).toBe(1);
  });

  it('are those whose seal is not there yet, and those after the oldest snapshot', async () => {
    snapshotEvery = 15;
    await grown(60, 100);
    expect(store.snapshotHeights()).toEqual([60, 45, 30]);
    expect(kept(5, 100)).toBe(30);
    expect(kept(5, 100, () => 12)).toBe(12);
    expect(kept(5, 100, () => 0)).toBe(0);
  });

  it('are let go of now and then, and never asked for again', async () => {
    await grown(60, 100);
    let unsealed = 60;
    const retention = new Retention({ store, evidenceAge: { blocks: 20, ms: 500 }, unsealed: () => unsealed });
    expect([retention.next(), retention.keptFrom]).toEqual([40, 40]);
    unsealed = 3;
    expect(retention.next()).toBe(40);
    await grown(1, 100);
    unsealed = 60;
    expect(retention.next()).toBe(40);
    await grown(19, 100);
    expect(retention.next()).toBe(60);
  });
});
