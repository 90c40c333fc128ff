import { type DrawTable, drawMiners, drawTable } from '@assay/ledger';
import { World } from '@assay/ledger/fixture';
import { Artifact, InferencePayload } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { boundsOf } from '../../prompt-bound.ts';
import { SimulatedRuntime } from '../../simulated/runtime.ts';
import { challengeOf } from './challenge.ts';

/** Three miners of which each is far ahead of the others by one measure. */
function steered(world: World): DrawTable {
  const { entries, ...table } = drawTable(world.state);
  const speeds = [
    { bandwidth: 10_000n, hashRate: 1n, latencyMs: 1000n },
    { bandwidth: 1n, hashRate: 10_000n, latencyMs: 1000n },
    { bandwidth: 1n, hashRate: 1n, latencyMs: 1n },
  ].map((each) => ({ ...each, isNew: false }));
  const measured = speeds.flatMap((measures, miner) =>
    entries.slice(0, 1).map((entry) => ({ ...entry, miner, measures })),
  );
  return { ...table, steering: { floorPpb: 1_000_000, dataTokensIn: 500, computeTokensOut: 500 }, entries: measured };
}

describe('a challenge §15.5', () => {
  it.each([
    ['data', 900, 8],
    ['compute', 9, 800],
    ['interactive', 9, 8],
  ] as const)(
    'has an id that draws its miner in the class that the miner sees, %s (§6.6)',
    (_class, bytes, maxTokens) => {
      const world = new World().populate();
      const table = steered(world);
      const runtime = new SimulatedRuntime({ seed: 7 });
      const messages = [{ role: 'user' as const, content: 'x'.repeat(bytes) }];
      const payload = { ...InferencePayload.defaultValue(), messages, maxTokens };
      const { engine } = Artifact.defaultValue();
      const known = { model: 0, payload, engine, ids: [], tokens: 1 } as unknown as Parameters<typeof challengeOf>[0];
      const bounds = boundsOf(payload, world.state.models.at(0).contextTokens);
      const place = { kind: 'user' as const, domain: 0, model: 0, payer: new Uint8Array(20), dedicatedMiners: [] };
      let found = 0;
      for (let tries = 0; tries < 60; tries++) {
        const source = { state: world.state, table, orderOf: (draw: readonly number[]) => draw.map((_, rank) => rank) };
        const miner = tries % 3;
        const challenge = challengeOf(known, miner, { ...source, random: (name) => runtime.random(name) });
        if (challenge === null) continue;
        found += 1;
        const asked = { ...place, ...bounds, taskId: challenge.taskId, drawHeight: world.state.globals.height };
        expect(drawMiners(table, asked, 2)[0]?.miner).toBe(miner);
      }
      expect(found).toBeGreaterThan(10);
    },
  );
});
