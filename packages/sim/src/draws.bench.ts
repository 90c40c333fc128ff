import { type DrawTable, drawMiners } from '@assay/ledger';
import { defaultParams } from '@assay/protocol';
import { littleEndian, sha256 } from '@assay/ssz';
import { type Bench, type Row, secondsOf } from '../../../bench/bench.ts';

const sizes = [1000, 10_000, 100_000];
/** Ranks that a mixer draws at an admission (§5.4), and to check a receipt of the first rank. */
const ranks = { admission: 64, check: 1 } as const;
const draws = 500;

const tableOf = (miners: number): DrawTable => ({
  epoch: 1,
  beacon: sha256(littleEndian(miners, 4)),
  steering: { ...defaultParams.steering, floorPpb: 100_000_000 },
  entries: Array.from({ length: miners }, (_, miner) => ({
    miner,
    operator: sha256(littleEndian(miner, 4)).subarray(0, 20),
    owner: sha256(littleEndian(miner, 5)).subarray(0, 20),
    domain: 0,
    models: [0],
    activeFrom: 1,
    weight: BigInt(1 + (miner % 1000)),
    level: 2,
    userLevel: 2,
    measures: { bandwidth: BigInt(miner), hashRate: BigInt(miner), latencyMs: BigInt(miner), isNew: false },
  })),
});

const requestOf = (number: number) => ({
  taskId: sha256(littleEndian(number, 6)),
  kind: 'user' as const,
  domain: 0,
  model: 0,
  payer: sha256(littleEndian(number % 7, 7)).subarray(0, 20),
  dedicatedMiners: [],
  drawHeight: 5,
  maxTokensIn: 64,
  maxTokensOut: 64,
});

export const bench: Bench = {
  id: 18,
  title: `The draw of a task's miners (§6.2), ${draws} tasks of one epoch; the first makes what they share`,
  unit: 'ms',
  target: '1 ms at 100,000 miners',
  compared: false,
  async run(say) {
    const rows: Row[] = [];
    for (const miners of sizes) {
      const table = tableOf(miners);
      say(`${miners} miners`);
      const first = await secondsOf(() => drawMiners(table, requestOf(0), 1));
      for (const [what, count] of Object.entries(ranks)) {
        const seconds = await secondsOf(() => {
          for (let number = 1; number <= draws; number++) drawMiners(table, requestOf(number), count);
        });
        const note = `${count} ranks; the first draw of the epoch ${(1000 * first).toFixed(1)} ms`;
        rows.push({ who: `${what}, ${miners.toLocaleString('en')} miners`, value: (1000 * seconds) / draws, note });
      }
    }
    return rows;
  },
};
