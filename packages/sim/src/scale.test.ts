import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useNativeHasher } from '@assay/node/crypto/hasher';
import { defaultParams } from '@assay/protocol';
import { describe, expect, it } from 'vitest';
import { busy, type Costs, carried, mostTasksPerS, type Scale } from './scale.ts';
import { steady } from './steady.ts';

const patienceMs = 120_000;
const sizes = [4, 7, 16, 32, 48, 64, 100, 128];

useNativeHasher();

/** The load that the first table of docs/scale.md is for. */
const tabled = (mixers: number): Scale => ({
  mixers,
  oracles: 3,
  tasksPerS: 50,
  params: defaultParams,
  announcementsPerTask: 5,
  gatherMs: 300,
});

/** A row of that table, as it must stand there. */
function rowOf(mixers: number): string {
  const scale = tabled(mixers);
  const { announcements, presences, batches, certificatesPerS, chainBytesPerS } = carried(scale);
  const flows = [announcements, presences, batches];
  const sum = (what: 'messagesPerS' | 'bytesPerS') => flows.reduce((total, flow) => total + flow[what], 0);
  const perTask = (value: number) => Math.round(value / scale.tasksPerS).toLocaleString('en');
  const atOneMixer = Math.round(sum('bytesPerS') / mixers / 1000).toLocaleString('en');
  const cells = [
    perTask(sum('messagesPerS')),
    perTask(sum('bytesPerS')),
    atOneMixer,
    certificatesPerS.toFixed(0),
    perTask(chainBytesPerS),
  ];
  return `| ${mixers} | ${cells.join(' | ')} |`;
}

/** What `npm run bench -- scale` measured; the page shows it. */
const costs: Costs = {
  receiptMs: 1.39,
  blsSignMs: 0.378,
  blsVerifyMs: 1.18,
  certificateMs: 2.62,
  announcementMs: 0.0022,
  applyMs: 0.0204,
};

/** A row of the table of limits: half of one core of each mixer is busy. */
function limitOf(mixers: number): string {
  const scale = tabled(mixers);
  const tasksPerS = mostTasksPerS(scale, costs, 0.5);
  const { follower } = busy({ ...scale, tasksPerS }, costs);
  const { certificatesPerS } = carried({ ...scale, tasksPerS });
  return `| ${mixers} | ${tasksPerS.toFixed(0)} | ${certificatesPerS.toFixed(0)} | ${(100 * follower).toFixed(0)} % |`;
}

const near = (value: number, expected: number) => expect(Math.abs(value / expected - 1)).toBeLessThan(0.2);

describe('what a network carries', () => {
  it.each([4, 10])(
    'is in a simulated network of %d mixers what the model says',
    async (mixers) => {
      const options = { seed: 5, miners: 24, mixers, users: 24, warmUpMs: 3000, measuredMs: 12_000 };
      const { scale, load, seconds, certified } = await steady(options);
      expect(certified).toBeGreaterThan(30);
      const model = carried(scale);
      const sent = (name: string) => load.sent.get(name) ?? { messages: 0, bytes: 0 };
      const batches = load.onChain.get('certifiedBatch') ?? { messages: 0, bytes: 0 };
      near(sent('assay/tasks/1').messages / seconds, model.announcements.messagesPerS);
      near(sent('assay/tasks/1').bytes / seconds, model.announcements.bytesPerS);
      near(sent('assay/presence/1').bytes / seconds, model.presences.bytesPerS);
      near(sent('/assay/batch/1').messages / seconds, model.batches.messagesPerS);
      near(sent('/assay/batch/1').bytes / seconds, model.batches.bytesPerS);
      near(batches.messages / seconds, model.certificatesPerS);
      near(batches.bytes / seconds, model.chainBytesPerS);
    },
    patienceMs,
  );

  it('stands in docs/scale.md', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/scale.md'), 'utf8');
    for (const mixers of sizes) {
      expect(page).toContain(rowOf(mixers));
      expect(page).toContain(limitOf(mixers));
    }
    for (const ms of Object.values(costs)) expect(page).toContain(` ${ms} |`);
    const { stateBytes } = carried(tabled(4));
    expect(page).toContain(`${(stateBytes / 1e6).toFixed(1)} MB`);
  });

  it('is what a core can do where the most tasks are asked for', () => {
    for (const mixers of [4, 100]) {
      const scale = tabled(mixers);
      const tasksPerS = mostTasksPerS(scale, costs, 0.5);
      expect(busy({ ...scale, tasksPerS }, costs).mixer).toBeCloseTo(0.5, 6);
    }
  });
});
