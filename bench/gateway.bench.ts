import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Bench, Row } from './bench.ts';
import { ask, Network } from './network.ts';

const warmUp = 50;
const measured = 300;
const body = { model: 'instant', messages: [{ role: 'user', content: 'Is it done?' }], max_tokens: 16 };

interface Times {
  readonly first: number[];
  readonly last: number[];
}

/** Milliseconds below which a share of the times lie. */
function quantile(seconds: readonly number[], share: number): number {
  const sorted = seconds.toSorted((a, b) => a - b);
  return 1000 * (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
}

async function timesOf(server: { api: string; apiKey: string }, say: (line: string) => void): Promise<Times> {
  const times: Times = { first: [], last: [] };
  for (let i = 0; i < warmUp + measured; i++) {
    if (i % 50 === 0) say(`${server.api}: ${i} of ${warmUp + measured}`);
    const { first, last } = await ask(server, body);
    if (i < warmUp) continue;
    times.first.push(first);
    times.last.push(last);
  }
  return times;
}

function rows(direct: Times, through: Times): Row[] {
  const shares = [0.5, 0.99];
  return (['first', 'last'] as const).flatMap((byte) =>
    shares.map((share) => {
      const [bare, whole] = [quantile(direct[byte], share), quantile(through[byte], share)];
      return {
        who: `added to the ${byte} byte, p${100 * share}`,
        value: whole - bare,
        note: `${whole.toFixed(2)} ms through the network, ${bare.toFixed(2)} ms direct`,
      };
    }),
  );
}

export const bench: Bench = {
  id: 6,
  title: `What the network adds to an answer; ${measured} streamed requests one after the other, instant backend`,
  unit: 'ms',
  target: 'p50 0.3 ms, p99 1.5 ms',
  compared: false,
  async run(say) {
    const upstream = fork(join(import.meta.dirname, 'instant-upstream.ts'));
    const [port] = await once(upstream, 'message');
    const direct = { api: `http://127.0.0.1:${port}/v1`, apiKey: 'none' };
    const network = await Network.start(['--upstream', direct.api]);
    try {
      return rows(await timesOf(direct, say), await timesOf(network, say));
    } finally {
      await network.stop();
      upstream.disconnect();
    }
  },
};
